/* Bytes that are appended at one end and taken from the other. */
#ifndef K3THREAD_CLI_SERVER_BUFFER_H
#define K3THREAD_CLI_SERVER_BUFFER_H

#include <stddef.h>

/* Zeroed it is empty and ready. The bytes in it are those from START to END. */
struct buffer {
    char  *data;
    size_t start, end, capacity;
};

/* Returns how many bytes are in it. */
static inline size_t buffer_used(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* Makes room for SIZE more bytes behind the end. Returns 0 or -ENOMEM. */
int buffer_reserve(struct buffer *buffer, size_t size);

/* Drops all bytes, and gives their memory back. */
void buffer_clear(struct buffer *buffer);

#endif
