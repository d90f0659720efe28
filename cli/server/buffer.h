/* A queue of bytes: appended at the end and taken from the start. */
#ifndef K3THREAD_CLI_SERVER_BUFFER_H
#define K3THREAD_CLI_SERVER_BUFFER_H

#include <stddef.h>

/* One queue: the bytes of DATA from START to END. A zeroed buffer is empty and ready. */
struct buffer {
    char  *data;
    size_t start, end, capacity;
};

/* Returns how many bytes are in BUFFER. */
static inline size_t buffer_used(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* Makes room for SIZE more bytes behind the end. Returns 0 or -ENOMEM. */
int buffer_reserve(struct buffer *buffer, size_t size);

/* Drops all bytes and frees their memory. */
void buffer_clear(struct buffer *buffer);

#endif
