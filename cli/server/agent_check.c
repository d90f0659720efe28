#include "cli/server/agent_check.h"

#include "cli/server/agent.h"

bool agent_check(struct call *call)
{
    if (!agent_is())
        return call_fail(call, PROTOCOL_RUNTIME_ERROR, "only the supervisor of an agent does that");
    return agent_has_connected(call->peer->connection.source.fd) ||
           call_fail(call, PROTOCOL_PERMISSION_ERROR,
                     "only the supervisor of the run may ask for that");
}
