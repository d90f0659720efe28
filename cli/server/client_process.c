#include "cli/server/client_process.h"

#include "cli/base/linux_calls.h"
#include "cli/process/mark.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/*
 * Opens the process that connected at the socket FD. Its pid may belong to another process by now. Before Linux 6.5
 * the descriptor is then of that other process, and the caller reads that process's mark.
 */
static int open_process(int fd, pid_t pid)
{
    int       pidfd;
    socklen_t size = sizeof(pidfd);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0)
        return pidfd;
    if (errno != ENOPROTOOPT)
        return -errno;
    pidfd = linux_pidfd_open(pid);
    return pidfd >= 0 ? pidfd : -errno;
}

static int has_ended(int pidfd)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};

    return poll(&end, 1, 0) != 0;
}

/* The mark is read after the opening and before the check, so it is the mark of the process that is open. */
int client_process_open(int fd, struct client_process *ret)
{
    struct ucred          peer;
    socklen_t             size = sizeof(peer);
    struct client_process process;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -errno;
    if (peer.pid <= 0)
        return -ESRCH;
    process = (struct client_process){.fd = open_process(fd, peer.pid), .pid = peer.pid};
    if (process.fd < 0)
        return process.fd;
    process.id = mark_read(process.pid);
    if (!has_ended(process.fd)) {
        *ret = process;
        return 0;
    }
    close(process.fd);
    return -ESRCH;
}
