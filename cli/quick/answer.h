/* Reads the answer to a plain command other than list (list_answer.h), and prints what the command prints. */
#ifndef K3THREAD_CLI_QUICK_ANSWER_H
#define K3THREAD_CLI_QUICK_ANSWER_H

#include "cli/quick/plain_command.h"

#include <stddef.h>

/*
 * Prints what COMMAND prints for the answer LINE, of SIZE bytes without its newline. Returns the
 * exit status, or -1 if the answer is not plain or cannot be printed: the program then handles the
 * answer.
 */
int answer_end(enum quick_command command, const char *line, size_t size);

#endif
