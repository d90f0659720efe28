/* Follows all threads that a pattern matches, also threads that start later, until the last has ended. */
#ifndef K3THREAD_CLI_COMMANDS_FOLLOW_ALL_H
#define K3THREAD_CLI_COMMANDS_FOLLOW_ALL_H

#include "cli/commands/follow_all_options.h"
#include "cli/commands/session.h"

/*
 * Prints the output of the threads that PATTERN matches, each line with its thread's name. Returns the exit
 * status. Reports a failure; it is a failure if no thread matches at the beginning.
 */
int follow_all(const struct invocation *invocation, const char *pattern,
               const struct follow_all_options *options);

#endif
