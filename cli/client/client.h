/*
 * A connection to a supervisor: requests and their replies.
 *
 * Functions that can fail return 0 or a negative errno; client->failure then says in words what
 * happened, for command_failed(). A connection that broke is closed, and can be opened again. Only
 * one pthread may use a client at a time.
 */
#ifndef K3THREAD_CLI_CLIENT_CLIENT_H
#define K3THREAD_CLI_CLIENT_CLIENT_H

#include "cli/base/text.h"
#include "cli/client/wire.h"
#include "cli/place/place.h"

#include <jansson.h>
#include <stdbool.h>

struct failure {
    int         status;   /* the exit status for it */
    char        type[48]; /* "InvalidThreadIdError"; "" when it has no such name */
    struct text message;
};

struct client {
    bool        open;
    struct wire wire;    /* while it is open */
    bool        foreign; /* the supervisor is another user's, and may refuse us */
    bool        adopted; /* the first request is on its way, whatever its parameters */
    json_int_t  last_id;

    const struct place *place; /* borrowed; it and the flags are those of the last client_open() */
    unsigned            flags;

    struct failure failure;
    bool           environment_known; /* the last start sent this process's own, unchanged */

    /*
     * Gets the parameters of each notification that comes before a reply. NULL: they are dropped.
     */
    void (*notify)(void *context, const json_t *params);
    void *notify_context;
};

enum client_flags {
    CLIENT_START = 1 << 0,    /* starts a supervisor if there is none */
    CLIENT_ANY_USER = 1 << 1, /* root may use the supervisor of another user */
};

struct reply {
    json_int_t    id;
    json_t       *message; /* all of it, owned; reply_release() */
    const json_t *result;  /* within it; NULL: an error */
};

/*
 * Connects CLIENT, which is zeroed or closed; one that is open stays as it is. PLACE must outlive
 * the connection. FLAGS: enum client_flags. -ENOENT, status 69: no supervisor.
 */
int client_open(struct client *client, const struct place *place, unsigned flags);

/*
 * Gives CLIENT, which is zeroed, the connection of the quick way, on which the first request has
 * been sent and RECEIVED, of SIZE bytes, was read. The caller opens the client for the same place,
 * and makes the same request: it is not sent again.
 */
void client_adopt(struct client *client, int fd, const char *received, size_t size);

/* Does the same again with a client that has lost its connection. */
int client_reopen(struct client *client);

/*
 * Sends a request without waiting for its reply; *RET_ID, if not NULL, will be the reply's id.
 * PARAMS is used up; NULL stands for an allocation that failed. It never blocks: what the socket
 * does not take goes out during client_receive(), so any number of requests may be on their way.
 */
int client_send(struct client *client, const char *method, json_t *params, json_int_t *ret_id);

/* Does the same with parameters that are written already, as by write.h; they are released. */
int client_send_written(struct client *client, const char *method, struct text *params,
                        json_int_t *ret_id);

/* Queue a request: it goes out together with the next one that is sent. */
int client_queue(struct client *client, const char *method, json_t *params, json_int_t *ret_id);
int client_queue_written(struct client *client, const char *method, struct text *params,
                         json_int_t *ret_id);

/* Waits for the next reply, to any request. An error reply is a success here. */
int client_receive(struct client *client, struct reply *ret);

/* Takes a reply if there is one, without waiting. Returns 1, 0 if there is none, or -errno. */
int client_try_receive(struct client *client, struct reply *ret);

/* Puts an error reply into client->failure; returns -EREMOTEIO. 0 if REPLY is a success. */
int client_check(struct client *client, const struct reply *reply);

/* Does the same, and releases an error reply. */
int client_take(struct client *client, struct reply *reply);

/*
 * Sends a request and waits for its reply; an error reply is a failure. *RET is to be released.
 * -ENOENT, status 69: the supervisor ended before it got the request, as if there had been none.
 */
int client_call(struct client *client, const char *method, json_t *params, struct reply *ret);
int client_call_written(struct client *client, const char *method, struct text *params,
                        struct reply *ret);

void reply_release(struct reply *reply);

/* Closes the connection and frees everything. A zeroed or closed client is fine. */
void client_close(struct client *client);

#endif
