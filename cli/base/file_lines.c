#include "cli/base/file_lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (16U * 1024)

/* A longer line is refused: no script has such a line. */
#define LINE_SIZE_MAX (4U * 1024 * 1024)

/* The byte-order mark, which some editors put at the start of a UTF-8 text. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Reads more bytes. Returns 1, 0 at the end, or -errno. */
static int read_more(struct file_lines *file)
{
    struct text *bytes = &file->buffer.bytes;
    ssize_t      size;

    if (!line_buffer_reserve(&file->buffer, READ_SIZE))
        return -ENOMEM;
    do
        size = read(file->fd, bytes->data + bytes->size, bytes->capacity - bytes->size);
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return size < 0 ? -errno : 0;
    bytes->size += (size_t) size;
    return 1;
}

/* Appends a line of SIZE bytes. Removes the byte-order mark from the first line. */
static void append(struct file_lines *file, const char *begin, size_t size, struct text *line)
{
    size_t mark = strlen(BYTE_ORDER_MARK);

    if (!file->begun && size >= mark && memcmp(begin, BYTE_ORDER_MARK, mark) == 0) {
        begin += mark;
        size -= mark;
    }
    file->begun = true;
    text_append(line, begin, size);
}

int file_lines_next(void *context, bool continued, struct text *line)
{
    struct file_lines *file = context;
    const char        *begin;
    size_t             size;
    int                found = 1;

    (void) continued;
    while ((begin = line_buffer_next(&file->buffer, &size)) == NULL) {
        if (line_buffer_left(&file->buffer) > LINE_SIZE_MAX)
            return -E2BIG;
        found = read_more(file);
        if (found < 0)
            return found;
        if (found == 0) { /* the last line may lack its newline */
            begin = line_buffer_rest(&file->buffer, &size);
            break;
        }
    }
    if (size > LINE_SIZE_MAX)
        return -E2BIG;
    if (size > 0)
        append(file, begin, size, line);
    return size > 0;
}

void file_lines_release(struct file_lines *file)
{
    line_buffer_release(&file->buffer);
}
