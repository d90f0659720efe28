/* The reply to a start, or a restart, of a thread whose command could not be run. */
#ifndef K3THREAD_CLI_SERVER_START_FAILURE_H
#define K3THREAD_CLI_SERVER_START_FAILURE_H

#include "cli/server/call.h"

/* Fails CALL: RECORD has ended, and says why its command could not be run. */
void start_failure_reply(struct call *call, const struct record *record);

#endif
