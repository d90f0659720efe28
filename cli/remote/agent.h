/*
 * An agent: the side of a link (link.h) that is on the other machine. It starts a supervisor of its own, and
 * relays between the link and two sockets: the socket of this supervisor, which takes the commands of the run, and
 * the socket that the commands know as K3THREAD_SOCKET, through which they reach the supervisor of the run.
 *
 * When the link is cut, the agent's supervisor is killed, and its guardian ends all that it had started.
 */
#ifndef K3THREAD_CLI_REMOTE_AGENT_H
#define K3THREAD_CLI_REMOTE_AGENT_H

#include "cli/base/text.h"

/*
 * Runs an agent on standard input and output until the link ends. DIRECTORY was made for this agent, which removes
 * it at the end; NULL: the agent makes one. Returns 0, or -errno with WHY if it could not begin.
 */
int agent_run(const char *directory, struct text *why);

#endif
