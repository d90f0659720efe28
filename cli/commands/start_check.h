/*
 * Checks and completes the options of `start` when it is known on which machine the command will run: files and
 * directories are those of that machine, and so is the environment.
 */
#ifndef K3THREAD_CLI_COMMANDS_START_CHECK_H
#define K3THREAD_CLI_COMMANDS_START_CHECK_H

#include "cli/commands/session.h"

/* The function `check` of a command whose options are a struct start_options; see command.h. */
int start_check(struct invocation *invocation);

#endif
