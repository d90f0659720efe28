#include "cli/server/far.h"

#include "cli/worker/seat.h"

/* The connection whose messages were taken last; NULL if it was closed then. */
static struct far *taking;

/* Takes the messages that have come. Returns false if the user has closed the connection. */
static bool take_messages(struct far *far, bool *ret_bad)
{
    json_t *message;

    taking = far;
    while (taking != NULL && !*ret_bad && (message = remote_next(&far->remote, ret_bad)) != NULL) {
        far->user->take(far, message);
        json_decref(message);
    }
    return taking != NULL;
}

static void far_ready(struct source *source, uint32_t events)
{
    struct far *far = LOOP_OWNER(source, struct far, source);
    int         error = remote_move(&far->remote);
    bool        bad = false;

    (void) events;
    if (!take_messages(far, &bad))
        return;
    if (bad || error != 0)
        far->user->lost(far);
    else if (byte_queue_size(&far->remote.unsent) == 0)
        (void) loop_change(&far->source, EPOLLIN);
}

int far_open(struct far *far, const struct seat *seat, const struct far_user *user)
{
    int error;

    *far = (struct far){.user = user, .remote.fd = -1};
    error = remote_open(&far->remote, seat);
    if (error == 0) {
        far->source = (struct source){.fd = far->remote.fd, .ready = far_ready};
        error = loop_add(&far->source, EPOLLIN);
    }
    if (error != 0)
        remote_close(&far->remote);
    return error;
}

int64_t far_request(struct far *far, const char *method, struct text *params)
{
    int64_t id = remote_request(&far->remote, method, params);

    (void) loop_change(&far->source, EPOLLIN | EPOLLOUT);
    return id;
}

void far_leave(struct far *far, const struct seat *seat)
{
    loop_remove(&far->source); /* the descriptor belongs to the remote */
    remote_leave(&far->remote, seat);
    if (taking == far)
        taking = NULL;
}

void far_close(struct far *far)
{
    if (far->remote.fd < 0)
        return;
    loop_remove(&far->source); /* its descriptor is the remote's */
    remote_close(&far->remote);
    if (taking == far)
        taking = NULL;
}
