#include "cli/commands/relay.h"

#include "cli/base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK_SIZE (64U * 1024)

/* The seconds that the supervisor has for its last replies. */
#define LAST_REPLIES 1.0

static bool is_empty(const struct relay_flow *flow)
{
    return flow->start == flow->end;
}

/* Makes room for another block behind the bytes that are held. Returns 0 or -ENOMEM. */
static int make_room(struct relay_flow *flow)
{
    char *grown;

    if (is_empty(flow))
        flow->start = flow->end = 0;
    if (flow->size - flow->end >= BLOCK_SIZE)
        return 0;
    grown = realloc(flow->data, flow->end + BLOCK_SIZE);
    if (grown == NULL)
        return -ENOMEM;
    flow->data = grown;
    flow->size = flow->end + BLOCK_SIZE;
    return 0;
}

/* Reads a block. Returns 1, 0 at the end or if there is nothing now, or -errno. */
static int fill(struct relay_flow *flow, int fd)
{
    int     error = make_room(flow);
    ssize_t n;

    if (error != 0)
        return error;
    n = read(fd, flow->data + flow->end, BLOCK_SIZE);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    flow->has_ended = n == 0;
    flow->end += (size_t) n;
    return n > 0;
}

/* Writes as many bytes as FD, which is ready, takes without waiting. Returns 0 or -errno. */
static int drain(struct relay_flow *flow, int fd)
{
    size_t  size = flow->end - flow->start;
    ssize_t n = send(fd, flow->data + flow->start, size, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && errno == ENOTSOCK)
        n = write(fd, flow->data + flow->start, size < PIPE_BUF ? size : PIPE_BUF);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    flow->start += (size_t) n;
    return 0;
}

int relay_read_input(struct relay *relay)
{
    int result;

    do
        result = fill(&relay->in, STDIN_FILENO);
    while (result == 0 && !relay->in.has_ended);
    return result;
}

int relay_insert(struct relay *relay, const char *data, size_t size)
{
    struct relay_flow *in = &relay->in;
    char              *joined = malloc(size + in->end);

    if (joined == NULL)
        return -ENOMEM;
    memcpy(joined, data, size);
    if (in->end > 0)
        memcpy(joined + size, in->data, in->end);
    free(in->data);
    in->data = joined;
    in->end += size;
    in->size = in->end;
    return 0;
}

/* Returns true if ERROR, of the socket, says that the supervisor has closed it. */
static bool is_closed(int error)
{
    return error == -EPIPE || error == -ECONNRESET;
}

/* Reads and writes the socket, which is ready for EVENTS. Returns 0 or -errno. */
static int serve_socket(struct relay *relay, short events)
{
    int result = 0;

    if (events & POLLOUT)
        result = drain(&relay->in, relay->socket);
    if (is_closed(result)) { /* it may have replied before that */
        relay->in.start = relay->in.end;
        relay->in.has_ended = true;
        relay->is_cut = true;
        result = 0;
    }
    if (result == 0 && (events & ~POLLOUT) && is_empty(&relay->out))
        result = fill(&relay->out, relay->socket);
    if (is_closed(result)) {
        relay->is_cut = relay->out.has_ended = true;
        result = 0;
    }
    relay->is_answered |= !is_empty(&relay->out);
    return result > 0 ? 0 : result;
}

/* Moves the bytes that can be moved without waiting. Returns 0 or -errno. */
static int move(struct relay *relay, const struct pollfd *polls)
{
    int error = 0;

    if (polls[0].revents != 0)
        error = fill(&relay->in, STDIN_FILENO);
    if (error >= 0 && polls[1].revents != 0)
        error = serve_socket(relay, polls[1].revents);
    if (error >= 0 && polls[2].revents & POLLOUT)
        error = drain(&relay->out, STDOUT_FILENO);
    else if (error >= 0 && polls[2].revents != 0)
        error = -EPIPE; /* no process reads the replies any more */
    return error > 0 ? 0 : error;
}

/* Waits until bytes can be moved, at most MILLISECONDS, and moves them. Returns 0 or -errno. */
static int step(struct relay *relay, int milliseconds)
{
    bool          takes = is_empty(&relay->in);
    short         events = (short) ((is_empty(&relay->out) ? POLLIN : 0) | (takes ? 0 : POLLOUT));
    struct pollfd polls[] = {
        {.fd = takes && !relay->in.has_ended ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = events != 0 && !relay->out.has_ended ? relay->socket : -1, .events = events},
        {.fd = STDOUT_FILENO, .events = is_empty(&relay->out) ? 0 : POLLOUT},
    };

    if (poll(polls, 3, milliseconds) < 0)
        return errno == EINTR ? 0 : -errno;
    return move(relay, polls);
}

static bool is_done(const struct relay_flow *flow)
{
    return flow->has_ended && is_empty(flow);
}

int relay_run(struct relay *relay)
{
    double deadline, left;
    int    error = 0;

    while (error == 0 && !is_done(&relay->in) && !is_done(&relay->out))
        error = step(relay, -1);
    (void) shutdown(relay->socket, SHUT_WR);
    deadline = clock_monotonic() + LAST_REPLIES;
    while (error == 0 && !is_done(&relay->out) && (left = deadline - clock_monotonic()) > 0)
        error = step(relay, (int) (left * 1000) + 1);
    return error;
}

void relay_release(struct relay *relay)
{
    free(relay->in.data);
    free(relay->out.data);
}
