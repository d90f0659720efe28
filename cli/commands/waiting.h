/* start --wait: a thread in the foreground of its caller. */
#ifndef K3THREAD_CLI_COMMANDS_WAITING_H
#define K3THREAD_CLI_COMMANDS_WAITING_H

#include "cli/base/text.h"
#include "cli/commands/following.h"
#include "cli/commands/session.h"

/* FOLLOWING is to be opened, and to be closed. */
void waiting_open(struct following *following, const struct call *call);

/*
 * Sends the request to start, with PARAMS, together with those for the thread's output and its end,
 * so that neither is lost however soon the supervisor ends; and waits for the answer to the first.
 * Returns as client_call_written() does.
 */
int waiting_start(struct following *following, struct text *params, struct reply *ret);

/* Shows what the thread prints, passes signals on to it, and returns the status of its end. */
int waiting_run(struct following *following);

#endif
