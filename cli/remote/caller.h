/*
 * Callers: the clients that have connected to the socket that an agent's commands know as K3THREAD_SOCKET, until their
 * first request has come. A process that asks to be attached is given to the agent's own supervisor, which knows the
 * process; every other client is given to the supervisor of the run. The request itself stays in the socket, so that
 * the supervisor reads it.
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
