/*
 * Runs a command of the table: parses its words, connects it if it needs that, and calls its
 * function.
 */
#ifndef K3THREAD_CLI_COMMANDS_EXECUTE_H
#define K3THREAD_CLI_COMMANDS_EXECUTE_H

#include "cli/commands/session.h"

/*
 * Runs the command in COUNT WORDS: its name, its options and its arguments. Returns the exit
 * status.
 */
int command_execute(struct session *session, int count, char **words);

#endif
