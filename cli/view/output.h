/* Writes to a descriptor: whole buffers, and JSON. Finds the width of the terminal. */
#ifndef K3THREAD_CLI_VIEW_OUTPUT_H
#define K3THREAD_CLI_VIEW_OUTPUT_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A function that is called before the SIZE bytes at DATA are written to FD. */
typedef void output_listener(int fd, const char *data, size_t size);

/* Makes the functions below call FUNCTION before each write. */
void output_set_listener(output_listener *function);

/*
 * Calls the listener, if there is one. The functions below do that, but for output_write_announced(); a caller of
 * write(2) does it itself.
 */
void output_announce(int fd, const char *data, size_t size);

/* Writes all of DATA, and waits if the descriptor does not block. Returns 0 or -errno. */
int output_write(int fd, const void *data, size_t size);

/* Writes bytes that were announced, as output_write() writes others. Any thread. */
int output_write_announced(int fd, const void *data, size_t size);

/*
 * Writes the *SIZE bytes at *REST as output_write() does. Afterwards *REST and *SIZE describe the bytes
 * that were not written.
 */
int output_write_part(int fd, const char **rest, size_t *size);

/* Adds VALUE as indented JSON and a newline. */
void text_add_json(struct text *text, const json_t *value);

/*
 * Returns the width of the terminal at standard output, or 0 if standard output is not a terminal.
 */
size_t output_width(void);

#endif
