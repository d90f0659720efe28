/* A worker's connection to the agent that runs its command. */
#ifndef K3THREAD_CLI_WORKER_REMOTE_H
#define K3THREAD_CLI_WORKER_REMOTE_H

#include "cli/base/byte_queue.h"
#include "cli/base/line_buffer.h"
#include "cli/worker/worker.h"

#include <jansson.h>
#include <poll.h>

/* One connection. */
struct remote {
    int                fd; /* -1: closed, or never opened */
    struct byte_queue  unsent;
    struct line_buffer received;
    int64_t            last_id; /* of the requests */

    /* The environment of the last command: a reference, or NULL. The agent keeps it for the next command. */
    struct environment *environment;
};

/* Connects to the agent of SEAT, or takes a connection that is open already. Returns 0 or -errno. */
int remote_open(struct remote *remote, const struct seat *seat);

/*
 * Leaves the connection to the next worker for SEAT. Call it only when every message about the last request has
 * arrived.
 */
void remote_leave(struct remote *remote, const struct seat *seat);

void remote_close(struct remote *remote);

/* Queues a request with PARAMS, JSON, which it releases. Returns its id. */
int64_t remote_request(struct remote *remote, const char *method, struct text *params);

/* Returns the descriptor and the events to poll for. */
struct pollfd remote_poll(const struct remote *remote);

/*
 * Sends and reads as many bytes as it can without waiting. Returns 0, or -errno; -ECONNRESET: the agent has closed
 * the connection.
 */
int remote_move(struct remote *remote);

/* Returns the next message, to be released; NULL: none has come whole. *RET_BAD: the line was no message. */
json_t *remote_next(struct remote *remote, bool *ret_bad);

#endif
