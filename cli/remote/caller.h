/*
 * Callers: the clients that have connected at the socket of an agent's commands, until their first request has come.
 * A process that asks to be attached goes to the agent's own supervisor, which knows the process; everybody else
 * goes to the run. The request itself stays in the socket for whoever reads it.
 *
 * Runs in the loop of cli/base/loop.h. One thread.
 */
#ifndef K3THREAD_CLI_REMOTE_CALLER_H
#define K3THREAD_CLI_REMOTE_CALLER_H

#include "cli/remote/link_state.h"

/*
 * Takes over SOCKET, of a client that has just connected. LINK leads to the run, and LIFELINE, which the agent's
 * supervisor holds at its other end, to that supervisor.
 */
void caller_add(struct link *link, int lifeline, int socket);

#endif
