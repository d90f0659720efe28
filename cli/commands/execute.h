/* Running a command of the table: its words are parsed, its needs met, and its function called. */
#ifndef K3THREAD_CLI_COMMANDS_EXECUTE_H
#define K3THREAD_CLI_COMMANDS_EXECUTE_H

#include "cli/commands/session.h"

/* Runs the command that COUNT WORDS are: its name, its options and its arguments. Returns the exit status. */
int command_execute(struct session *session, int count, char **words);

#endif
