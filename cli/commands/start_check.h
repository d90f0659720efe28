/*
 * Checks and completes the options of `start` when the machine is known on which the command will run: it is the
 * machine of the files, the directories and the environment.
 */
#ifndef K3THREAD_CLI_COMMANDS_START_CHECK_H
#define K3THREAD_CLI_COMMANDS_START_CHECK_H

#include "cli/commands/session.h"

/* The function `check` of a command whose options are a struct start_options; see command.h. */
int start_check(struct invocation *invocation);

#endif
