#include "cli/base/line_buffer.h"

#include <string.h>

bool line_buffer_reserve(struct line_buffer *buffer, size_t size)
{
    struct text *bytes = &buffer->bytes;

    if (buffer->taken > 0) {
        bytes->size -= buffer->taken;
        memmove(bytes->data, bytes->data + buffer->taken, bytes->size);
        buffer->taken = 0;
    }
    return text_reserve(bytes, size);
}

char *line_buffer_next(struct line_buffer *buffer, size_t *ret_size)
{
    size_t left = line_buffer_left(buffer), searched = buffer->searched;
    char  *line = left > 0 ? buffer->bytes.data + buffer->taken : NULL;
    char   end = buffer->nul ? '\0' : '\n';
    char  *newline = left > searched ? memchr(line + searched, end, left - searched) : NULL;

    buffer->searched = newline != NULL ? 0 : left;
    if (newline == NULL)
        return NULL;
    *ret_size = (size_t) (newline - line) + 1;
    buffer->taken += *ret_size;
    return line;
}

char *line_buffer_rest(struct line_buffer *buffer, size_t *ret_size)
{
    char *rest = buffer->bytes.data != NULL ? buffer->bytes.data + buffer->taken : NULL;

    *ret_size = line_buffer_left(buffer);
    buffer->taken = buffer->bytes.size;
    buffer->searched = 0;
    return rest;
}

void line_buffer_release(struct line_buffer *buffer)
{
    text_release(&buffer->bytes);
    *buffer = (struct line_buffer){0};
}
