/*
 * Connections of a run's supervisor to its agents' supervisors, in the server's loop: sends requests, and takes the
 * messages that come back. A connection is for one thing that the server does for one thread. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_FAR_H
#define K3THREAD_CLI_SERVER_FAR_H

#include "cli/base/loop.h"
#include "cli/worker/remote.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct far;

/* The functions by which the user of a connection takes messages, and the end. Both may close and free FAR. */
struct far_user {
    void (*take)(struct far *far, const json_t *message); /* takes a message, an object */
    void (*lost)(struct far *far);                        /* the agent has closed the connection */
};

/* One connection. Its user embeds it. */
struct far {
    struct source          source;
    struct remote          remote;
    const struct far_user *user;
};

/* Connects to the agent of SEAT. Returns 0 or -errno. */
int far_open(struct far *far, const struct seat *seat, const struct far_user *user);

/* Sends a request with PARAMS, JSON, which it releases. Returns its id. */
int64_t far_request(struct far *far, const char *method, struct text *params);

/* Leaves the connection, on which every reply has come, to the next user of SEAT's agent. */
void far_leave(struct far *far, const struct seat *seat);

/* Closes the connection, if it is open. */
void far_close(struct far *far);

#endif
