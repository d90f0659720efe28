#include "cli/ready/probe_connection.h"

#include "cli/base/clock.h"

#include <string.h>

/*
 * Returns true if FD is still connected, and not to itself. A socket connects to itself when the kernel happens to
 * give it the very port that it connects to, so that its SYN meets itself. Such a connection is reset, so that the
 * port is free at once for the server.
 */
static bool has_other_end(int fd)
{
    static const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    struct address ours = {.size = sizeof(ours.un)}, theirs = {.size = sizeof(theirs.un)};

    if (getsockname(fd, &ours.any, &ours.size) < 0 ||
        getpeername(fd, &theirs.any, &theirs.size) < 0)
        return false;
    if (ours.any.sa_family == AF_UNIX || address_port(&ours) != address_port(&theirs) ||
        !address_is_same_host(&ours, &theirs))
        return true;
    (void) setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    return false;
}

/* Returns the state of the connection FD. */
static enum connecting look(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    if (poll(&poll_fd, 1, 0) == 0)
        return CONNECTING_GOES_ON;
    return has_other_end(fd) ? CONNECTING_DONE : CONNECTING_FAILED;
}

/* Begins a connection to ADDRESS, which `poll` has then. Returns false if there can be no socket. */
static bool begin(struct ready *ready, const struct address *address)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    ready->poll = (struct pollfd){.fd = fd, .events = POLLOUT};
    ready->next = clock_monotonic() + PROBE_LIMIT;
    (void) connect(fd, &address->any, address->size); /* look() finds a failure */
    return true;
}

enum connecting probe_connection_step(struct ready *ready, const struct address *addresses,
                                      size_t count)
{
    while (ready->poll.fd >= 0 || ready->turn < count) {
        enum connecting state;

        if (ready->poll.fd < 0 && !begin(ready, &addresses[ready->turn++]))
            continue;
        state = look(ready->poll.fd);
        if (state == CONNECTING_DONE ||
            (state == CONNECTING_GOES_ON && clock_until(ready->next) > 0))
            return state;
        probe_unpoll(ready);
    }
    ready->turn = 0;
    probe_postpone(ready);
    return CONNECTING_FAILED;
}
