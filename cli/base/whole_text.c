#include "cli/base/whole_text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (64U * 1024)

/* Appends one piece. Returns its size, 0 at the end, or -errno. */
static ssize_t read_piece(int fd, struct text *text)
{
    ssize_t size;

    if (!text_reserve(text, READ_SIZE))
        return -ENOMEM;
    do
        size = read(fd, text->data + text->size, READ_SIZE);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return -errno;
    if (memchr(text->data + text->size, '\0', (size_t) size) != NULL)
        return -EINVAL;
    text->size += (size_t) size;
    return size;
}

int whole_text_read(int fd, size_t limit, struct text *text, struct text *why)
{
    size_t  before = text->size;
    ssize_t size;

    do
        size = read_piece(fd, text);
    while (size > 0 && text->size - before <= limit);
    if (size > 0) {
        text_printf(why, "it is longer than %zu bytes", limit);
        return -EFBIG;
    }
    if (size == -EINVAL)
        text_add(why, "it holds a NUL byte");
    else if (size < 0)
        text_add(why, strerror((int) -size));
    return (int) size;
}
