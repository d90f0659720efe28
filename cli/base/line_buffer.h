/*
 * Finds the lines in bytes that come in pieces.
 *
 *     line_buffer_reserve(&buffer, SIZE)      then append up to SIZE bytes to buffer.bytes
 *     line_buffer_next(&buffer, &size)        until it returns NULL
 */
#ifndef K3THREAD_CLI_BASE_LINE_BUFFER_H
#define K3THREAD_CLI_BASE_LINE_BUFFER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* The bytes that were not taken yet. Zeroed, it is empty. */
struct line_buffer {
    struct text bytes;
    bool        nul;      /* a NUL ends each line, not a newline */
    size_t      taken;    /* the number of bytes that were taken out */
    size_t      searched; /* the number of bytes behind these that hold no newline */
};

/* Drops the bytes that were taken, and makes room for SIZE more. Returns false without memory. */
bool line_buffer_reserve(struct line_buffer *buffer, size_t size);

/*
 * Takes the next line. *RET_SIZE counts its newline. The bytes stay until the next
 * line_buffer_reserve(). Returns NULL if no line is complete.
 */
char *line_buffer_next(struct line_buffer *buffer, size_t *ret_size);

/* Takes all bytes that are left. If there are none, may return NULL. */
char *line_buffer_rest(struct line_buffer *buffer, size_t *ret_size);

/* Returns the number of bytes that are left. */
static inline size_t line_buffer_left(const struct line_buffer *buffer)
{
    return buffer->bytes.size - buffer->taken;
}

void line_buffer_release(struct line_buffer *buffer);

#endif
