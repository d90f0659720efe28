/* Writing to a descriptor: all of it, JSON, and how wide the terminal is. */
#ifndef K3THREAD_CLI_VIEW_OUTPUT_H
#define K3THREAD_CLI_VIEW_OUTPUT_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes all of DATA, waiting if the descriptor does not block. Returns 0 or -errno. */
int output_write(int fd, const void *data, size_t size);

/* Writes *SIZE bytes at *REST in the same way. Afterwards *REST and *SIZE are what was not written. */
int output_write_part(int fd, const char **rest, size_t *size);

/* Adds VALUE as indented JSON, and a newline. */
void text_add_json(struct text *text, const json_t *value);

/* Returns the width of the terminal that standard output is, or 0 if it is no terminal. */
size_t output_width(void);

#endif
