/* Remembers whether this supervisor belongs to an agent; see cli/remote/agent.h. */
#ifndef K3THREAD_CLI_SERVER_AGENT_H
#define K3THREAD_CLI_SERVER_AGENT_H

#include <stdbool.h>

void agent_set(bool value);
bool agent_is(void);

#endif
