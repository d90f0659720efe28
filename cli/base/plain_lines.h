/*
 * Reads a file in which each line stands for itself, as in a Procfile or a file of variables: no line
 * continues another. Empty lines, and lines that begin with #, say nothing.
 */
#ifndef K3THREAD_CLI_BASE_PLAIN_LINES_H
#define K3THREAD_CLI_BASE_PLAIN_LINES_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * Takes LINE, which is the NUMBER-th of its file, from 1. Returns 0, -errno, or -EINVAL with a sentence in WHY
 * if something is wrong in the line.
 */
typedef int (*plain_lines_take)(void *context, const char *line, size_t number, struct text *why);

/*
 * Has TAKE take each line of FD that says something, without the end of the line. Ends at the first failure.
 * Returns 0, or -errno as TAKE does. *RET_NUMBER is the number of the last line that was read.
 */
int plain_lines_read(int fd, plain_lines_take take, void *context, size_t *ret_number,
                     struct text *why);

#endif
