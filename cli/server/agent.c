#include "cli/server/agent.h"

static bool is_agent;

void agent_set(bool value)
{
    is_agent = value;
}

bool agent_is(void)
{
    return is_agent;
}
