/* The answer to a raise that a thread cannot take. */
#ifndef K3THREAD_CLI_SERVER_RAISE_FAILURE_H
#define K3THREAD_CLI_SERVER_RAISE_FAILURE_H

#include "cli/server/call.h"

/* Fails CALL: RECORD could not be raised in because of ERROR, which threads_raise() has returned. */
void raise_failure_reply(struct call *call, const struct record *record, int error);

#endif
