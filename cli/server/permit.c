#include "cli/server/permit.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* The sockets keep messages apart: each is one permit, so that two readers never share a permit. */
int permit_open(struct permit *ret)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return -errno;
    *ret = (struct permit){.server = pair[0], .process = pair[1]};
    return 0;
}

void permit_close(const struct permit *permit)
{
    close(permit->server);
    close(permit->process);
}

bool permit_give(const struct permit *permit)
{
    const uint64_t one = 1;

    return send(permit->server, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t) sizeof(one);
}

bool permit_take(const struct permit *permit)
{
    uint64_t one;

    return recv(permit->process, &one, sizeof(one), MSG_DONTWAIT) == (ssize_t) sizeof(one);
}
