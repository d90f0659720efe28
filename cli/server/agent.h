/* Remembers whether this supervisor belongs to an agent, and to which: see cli/remote/agent.h. */
#ifndef K3THREAD_CLI_SERVER_AGENT_H
#define K3THREAD_CLI_SERVER_AGENT_H

#include <stdbool.h>

/* Notes that this supervisor belongs to the agent that has made the socket LIFELINE. */
void agent_set(int lifeline);

bool agent_is(void);

/* Returns true if the agent itself has connected at the socket FD, for the supervisor of the run. */
bool agent_has_connected(int fd);

#endif
