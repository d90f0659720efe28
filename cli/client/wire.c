#include "cli/client/wire.h"

#include "cli/rpc/envelope.h"
#include "cli/rpc/protocol.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The bytes that are read at a time. Most replies are short; a long reply is read in large pieces. */
#define FIRST_READ (4U * 1024)
#define NEXT_READ  (64U * 1024)
#define REPLY_MAX  (1024U * 1024 * 1024)

int wire_queue(struct wire *wire, int64_t id, const char *method, const struct text *params)
{
    struct text *unsent = &wire->unsent;
    size_t       before = unsent->size;

    envelope_begin_request(unsent, id, method);
    text_append(unsent, params->data, params->size);
    envelope_end(unsent);
    text_byte(unsent, '\n', 1);
    if (unsent->failed || params->failed)
        return -ENOMEM;
    if (unsent->size - before <= PROTOCOL_LINE_MAX)
        return 0;
    unsent->size = before;
    return -E2BIG;
}

int wire_flush(struct wire *wire)
{
    struct text *unsent = &wire->unsent;
    ssize_t      sent;

    if (unsent->size == 0)
        return 0;
    do
        sent = send(wire->fd, unsent->data, unsent->size, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
        wire->cut = true;
        sent = (ssize_t) unsent->size;
    }
    if (sent < 0)
        return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? 0 : -errno;
    unsent->size -= (size_t) sent;
    memmove(unsent->data, unsent->data + sent, unsent->size);
    return 0;
}

int wire_read(struct wire *wire)
{
    struct text *received = &wire->received.bytes;
    size_t       left = line_buffer_left(&wire->received);
    ssize_t      size;

    if (left > REPLY_MAX)
        return -EMSGSIZE;
    if (!line_buffer_reserve(&wire->received, left > 0 ? NEXT_READ : FIRST_READ))
        return -ENOMEM;
    do
        size = recv(wire->fd, received->data + received->size, received->capacity - received->size,
                    MSG_DONTWAIT);
    while (size < 0 && errno == EINTR);
    if (size < 0 && errno == EAGAIN)
        return 0;
    /* An error, and not an end, says that the other side closed the socket and left data unread. */
    if (size < 0)
        wire->cut = true;
    if (size <= 0)
        return -ECONNRESET;
    received->size += (size_t) size;
    return 1;
}

/*
 * Polls for input before it reads: a read that blocks would also be woken when the other side takes
 * the request.
 */
int wire_wait(struct wire *wire, double seconds)
{
    struct pollfd pollfd = {.fd = wire->fd, .events = POLLIN};
    int           error = 0;
    int           ready;

    if (wire->unsent.size > 0)
        pollfd.events |= POLLOUT;
    ready = poll(&pollfd, 1, seconds < 0 ? -1 : (int) (seconds * 1000));
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    if (ready == 0)
        return -ETIMEDOUT;
    if (pollfd.revents & POLLOUT)
        error = wire_flush(wire);
    if (error == 0 && (pollfd.revents & ~POLLOUT))
        error = wire_read(wire);
    return error;
}

void wire_close(struct wire *wire)
{
    close(wire->fd);
    text_release(&wire->unsent);
    line_buffer_release(&wire->received);
    *wire = (struct wire){.fd = -1};
}
