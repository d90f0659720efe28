/* What a plain command makes of its answer. */
#ifndef K3THREAD_CLI_QUICK_ANSWER_H
#define K3THREAD_CLI_QUICK_ANSWER_H

#include "cli/quick/plain_command.h"

#include <stddef.h>

/*
 * Prints what COMMAND prints of the answer LINE, of SIZE bytes without its newline. Returns the
 * exit status, or -1 for an answer that is not plain, or cannot be printed: the program is to take
 * it.
 */
int answer_end(enum quick_command command, const char *line, size_t size);

#endif
