/* What a plain command makes of its answer. No C library: see quick.h. */
#ifndef K3THREAD_CLI_QUICK_ANSWER_H
#define K3THREAD_CLI_QUICK_ANSWER_H

#include "cli/quick/request.h"

#include <stddef.h>

#define ANSWER_MAX (8 * 1024)

/*
 * Prints what COMMAND prints of the answer LINE, of SIZE bytes with its newline. Returns the exit
 * status, or -1 for an answer that is not plain, or cannot be printed: the program is to take it.
 */
int answer_end(enum quick_command command, char *line, size_t size);

#endif
