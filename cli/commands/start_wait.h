/*
 * start --wait: runs a thread in the foreground. This process shows the thread's output, passes signals on
 * to it, and exits with the status of its command.
 */
#ifndef K3THREAD_CLI_COMMANDS_START_WAIT_H
#define K3THREAD_CLI_COMMANDS_START_WAIT_H

#include "cli/base/text.h"
#include "cli/commands/follow.h"

/* Prepares FOLLOW, which the caller must close. */
void start_wait_open(struct follow *follow, const struct invocation *invocation);

/*
 * Sends the start, with PARAMS, together with the requests for the thread's output and end, so that
 * neither is lost even if the supervisor ends soon. Waits for the reply to the start. Returns as
 * client_call_written() does.
 */
int start_wait_send(struct follow *follow, struct text *params, struct reply *ret);

/* Follows the thread until it has ended. Returns the exit status for its end. */
int start_wait_run(struct follow *follow);

#endif
