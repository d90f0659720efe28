#include "cli/server/agent_check.h"

#include "cli/server/agent.h"

bool agent_check(struct call *call)
{
    return agent_is() ||
           call_fail(call, PROTOCOL_RUNTIME_ERROR, "only the supervisor of an agent does that");
}
