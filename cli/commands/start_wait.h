/* start --wait: a thread in the foreground, whose output, signals and end are those of this process. */
#ifndef K3THREAD_CLI_COMMANDS_START_WAIT_H
#define K3THREAD_CLI_COMMANDS_START_WAIT_H

#include "cli/base/text.h"
#include "cli/commands/follow.h"

/* Prepares FOLLOW, which is to be closed. */
void start_wait_open(struct follow *follow, const struct invocation *call);

/*
 * Sends the request to start, with PARAMS, together with those for the thread's output and its end, so
 * that neither is lost however soon the supervisor ends. Waits for the answer to the first. Returns as
 * client_call_written() does.
 */
int start_wait_send(struct follow *follow, struct text *params, struct reply *ret);

/* Follows the thread until it has ended. Returns the exit status that stands for its end. */
int start_wait_run(struct follow *follow);

#endif
