#include "cli/base/background_close.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sends FD and END through SENDER, whose other end is END. If that fails, close() will wait, and no more. */
static void send_both(int sender, int fd, int end)
{
    const int fds[] = {fd, end};
    char      byte = 0;
    union {
        char           bytes[CMSG_SPACE(sizeof(fds))];
        struct cmsghdr header;
    } control = {0};
    struct iovec  data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(fds));
    memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
    (void) sendmsg(sender, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/*
 * Puts FD into the queue of a socket that only this queue holds. Nothing can receive it any more, so the kernel
 * closes both: Linux from 6.9 on in a thread of its own, earlier kernels here. The kernel looks for such sockets when
 * a socket is closed that nobody else has: that is the sender, which goes last.
 */
void background_close(int fd)
{
    int ends[2];

    if (fd < 0)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        close(fd);
        return;
    }
    send_both(ends[0], fd, ends[1]);
    close(fd);
    close(ends[1]);
    close(ends[0]);
}
