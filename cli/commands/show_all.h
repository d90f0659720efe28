/* Prints the logs of all matching threads as they are now: `logs` with a pattern. */
#ifndef K3THREAD_CLI_COMMANDS_SHOW_ALL_H
#define K3THREAD_CLI_COMMANDS_SHOW_ALL_H

#include "cli/commands/follow_all.h"
#include "cli/commands/session.h"

/*
 * Prints the logs of all threads that match PATTERN, one after the other, each line with its thread's name. Returns
 * the exit status.
 */
int show_all(const struct invocation *invocation, const char *pattern,
             const struct follow_all_options *options);

#endif
