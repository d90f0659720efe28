#include "cli/server/agent.h"

#include <sys/socket.h>

static bool  is_agent;
static pid_t agent; /* 0: not known */

/* Returns the process that has made, or has connected at, the other end of the socket FD; 0: not known. */
static pid_t find_peer(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

void agent_set(int lifeline)
{
    is_agent = true;
    agent = find_peer(lifeline);
}

bool agent_is(void)
{
    return is_agent;
}

bool agent_has_connected(int fd)
{
    return is_agent && agent != 0 && find_peer(fd) == agent;
}
