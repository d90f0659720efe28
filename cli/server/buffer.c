#include "cli/server/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

int buffer_reserve(struct buffer *buffer, size_t size)
{
    size_t capacity = buffer->capacity != 0 ? buffer->capacity : 512;
    char  *data;

    if (buffer->start > 0) {
        memmove(buffer->data, buffer->data + buffer->start, buffer_used(buffer));
        buffer->end -= buffer->start;
        buffer->start = 0;
    }
    while (capacity - buffer->end < size)
        capacity *= 2;
    if (capacity == buffer->capacity)
        return 0;
    data = realloc(buffer->data, capacity);
    if (data == NULL)
        return -ENOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}
