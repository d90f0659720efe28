/*
 * Reads a file of independent lines, as a Procfile or a file of variables is: no line continues another. Skips
 * blank lines, and lines that begin with #.
 */
#ifndef K3THREAD_CLI_BASE_PLAIN_LINES_H
#define K3THREAD_CLI_BASE_PLAIN_LINES_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * A function that takes LINE, whose NUMBER in its file counts from 1. Returns 0; -EINVAL with a sentence in WHY if
 * the line is invalid; or another -errno.
 */
typedef int (*plain_lines_take)(void *context, const char *line, size_t number, struct text *why);

/*
 * Calls TAKE with each line of FD that it does not skip, without the newline. Stops at the first failure. Returns
 * 0, or -errno, as TAKE does. Sets *RET_NUMBER to the number of the last line that it read.
 */
int plain_lines_read(int fd, plain_lines_take take, void *context, size_t *ret_number,
                     struct text *why);

/* Returns words for ERROR, a -errno of plain_lines_read() other than -EINVAL. They live until the next call. */
const char *plain_lines_failure(int error);

#endif
