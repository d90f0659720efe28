/* The check of the methods that only the supervisor of an agent has: see agent.h. */
#ifndef K3THREAD_CLI_SERVER_AGENT_CHECK_H
#define K3THREAD_CLI_SERVER_AGENT_CHECK_H

#include "cli/server/call.h"

#include <stdbool.h>

/*
 * Returns false, with CALL failed, if this supervisor belongs to no agent, or if the call does not come from the
 * supervisor of the run: a command on the agent's machine can reach this supervisor too.
 */
bool agent_check(struct call *call);

#endif
