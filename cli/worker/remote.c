#include "cli/worker/remote.h"

#include "cli/place/socket.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/parse.h"
#include "cli/worker/environment.h"
#include "cli/worker/remote_pool.h"
#include "cli/worker/seat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE ((size_t) 64 * 1024)

/* The most bytes of one line of an agent. */
#define LINE_MAX_SIZE ((size_t) 1024 * 1024)

int remote_open(struct remote *remote, const struct seat *seat)
{
    struct idle_remote idle;

    if (remote_pool_take(seat->pool, &idle)) {
        *remote = (struct remote){
            .fd = idle.fd, .last_id = idle.last_id, .environment = idle.environment};
        return 0;
    }
    remote->fd = socket_connect(seat->socket);
    if (remote->fd < 0)
        return remote->fd;
    return fcntl(remote->fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ? -errno : 0;
}

void remote_leave(struct remote *remote, const struct seat *seat)
{
    struct idle_remote idle = {remote->fd, remote->last_id, remote->environment};

    if (byte_queue_size(&remote->unsent) > 0 || line_buffer_left(&remote->received) > 0) {
        remote_close(remote);
        return;
    }
    remote_pool_leave(seat->pool, &idle);
    remote->fd = -1;
    remote->environment = NULL;
    remote_close(remote);
}

void remote_close(struct remote *remote)
{
    if (remote->fd >= 0)
        close(remote->fd);
    remote->fd = -1;
    environment_unref(remote->environment);
    remote->environment = NULL;
    byte_queue_release(&remote->unsent);
    line_buffer_release(&remote->received);
}

int64_t remote_request(struct remote *remote, const char *method, struct text *params)
{
    struct text line = {.failed = params->failed};

    envelope_begin_request(&line, ++remote->last_id, method);
    text_append(&line, params->data, params->size);
    envelope_end(&line);
    text_byte(&line, '\n', 1);
    byte_queue_add_text(&remote->unsent, &line);
    text_release(params);
    return remote->last_id;
}

struct pollfd remote_poll(const struct remote *remote)
{
    short events = POLLIN;

    if (byte_queue_size(&remote->unsent) > 0)
        events |= POLLOUT;
    return (struct pollfd){.fd = remote->fd, .events = events};
}

/* Sends what the socket takes. A closed connection is no error: the agent's last messages are still to be read. */
static int flush(struct remote *remote)
{
    int error = byte_queue_flush(&remote->unsent, remote->fd);

    return error == -EPIPE || error == -ECONNRESET ? 0 : error;
}

int remote_move(struct remote *remote)
{
    struct text *bytes = &remote->received.bytes;
    ssize_t      n;
    int          error = flush(remote);

    if (error != 0)
        return error;
    if (line_buffer_left(&remote->received) > LINE_MAX_SIZE)
        return -EMSGSIZE;
    if (!line_buffer_reserve(&remote->received, READ_SIZE))
        return -ENOMEM;
    n = recv(remote->fd, bytes->data + bytes->size, READ_SIZE, MSG_DONTWAIT);
    if (n > 0)
        bytes->size += (size_t) n;
    if (n == 0)
        return -ECONNRESET;
    return n > 0 || errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

json_t *remote_next(struct remote *remote, bool *ret_bad)
{
    size_t       size;
    char        *line = line_buffer_next(&remote->received, &size);
    json_error_t error;
    json_t      *message;

    if (line == NULL)
        return NULL;
    message = parse_json(line, size - 1, JSON_REJECT_DUPLICATES, &error);
    *ret_bad = !json_is_object(message);
    if (*ret_bad) {
        json_decref(message);
        return NULL;
    }
    return message;
}
