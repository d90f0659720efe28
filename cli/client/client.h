/*
 * A connection to a supervisor: requests and their replies.
 *
 * A function that can fail returns 0 or a negative errno; client->failure then describes the
 * failure, for command_failed(). A connection that broke is closed and can be opened again. Only
 * one pthread may use a client at a time.
 */
#ifndef K3THREAD_CLI_CLIENT_CLIENT_H
#define K3THREAD_CLI_CLIENT_CLIENT_H

#include "cli/client/client_state.h"

#include <errno.h>

enum client_flags {
    CLIENT_START = 1 << 0,    /* starts a supervisor if there is none */
    CLIENT_ANY_USER = 1 << 1, /* root may use the supervisor of another user */
    CLIENT_SILENT = 1 << 2,   /* ssh must not ask the user anything */
};

/* One reply. */
struct reply {
    json_int_t    id;
    json_t       *message; /* the whole message, owned; freed by reply_release() */
    const json_t *result;  /* a part of MESSAGE; NULL: the reply is an error */
};

/*
 * Connects CLIENT, which is zeroed or closed. An open client stays as it is. PLACE must outlive the
 * connection. FLAGS: enum client_flags. Returns -ENOENT, with status 69, if there is no supervisor.
 */
int client_open(struct client *client, const struct place *place, unsigned flags);

/*
 * Connects CLIENT likewise to the supervisor of HOST, which `k3thread proxy` finds there. If the first request is
 * a start, that also starts a supervisor. HOST must outlive the connection. If there is no supervisor, the first
 * client_call() or client_receive() returns -ENOENT.
 */
__attribute__((nonnull)) int client_open_host(struct client *client, const char *host,
                                              unsigned flags);

/*
 * Gives CLIENT, which is zeroed, the connection of the quick way (cli/quick), on which the first
 * request was sent, and RECEIVED, the first SIZE bytes of the reply, which were read. The caller opens
 * the client for the same place and makes the same request, which is then not sent again.
 */
void client_adopt(struct client *client, int fd, const char *received, size_t size);

/*
 * Connects a client that has lost its connection to the same place again. Returns as client_open()
 * does.
 */
int client_reopen(struct client *client);

/*
 * Sends a request without waiting for its reply. *RET_ID, if RET_ID is not NULL, becomes the id of
 * the reply. Releases PARAMS; NULL means that its allocation failed. Never blocks: bytes that the
 * socket does not take are sent during client_receive(), so any number of requests may be under way.
 */
int client_send(struct client *client, const char *method, json_t *params, json_int_t *ret_id);

/* Returns the id that the next request gets. The requests after it get the numbers that follow. */
json_int_t client_next_id(const struct client *client);

/* Sends a request whose parameters are already written, see rpc/write.h. Releases PARAMS. */
int client_send_written(struct client *client, const char *method, struct text *params,
                        json_int_t *ret_id);

/* Queues a request, to be sent together with the next one that is sent. */
int client_queue(struct client *client, const char *method, json_t *params, json_int_t *ret_id);
int client_queue_written(struct client *client, const char *method, struct text *params,
                         json_int_t *ret_id);

/* Waits for the next reply, to any request. Succeeds for an error reply too. */
int client_receive(struct client *client, struct reply *ret);

/* Takes a reply if there is one, without waiting. Returns 1, 0 if there is none, or -errno. */
int client_try_receive(struct client *client, struct reply *ret);

/*
 * Returns true if ERROR, which a request or its reply gave, says that the supervisor has gone: -ECONNRESET, or -ENOENT
 * if the supervisor had not read what was sent.
 */
static inline bool client_is_gone(int error)
{
    return error == -ECONNRESET || error == -ENOENT;
}

/*
 * Returns 0 if REPLY is a success. Puts an error reply into client->failure and returns -EREMOTEIO.
 */
int client_check(struct client *client, const struct reply *reply);

/* Checks REPLY likewise, and releases it if it is an error. */
int client_take(struct client *client, struct reply *reply);

/*
 * Sends a request and waits for its reply. An error reply is a failure. The caller releases *RET.
 * Returns -ENOENT, with status 69, if the supervisor ended before it got the request, as if there
 * had been no supervisor.
 */
int client_call(struct client *client, const char *method, json_t *params, struct reply *ret);
int client_call_written(struct client *client, const char *method, struct text *params,
                        struct reply *ret);

/*
 * Calls as client_call() does, but waits at most SECONDS. If there is no reply until then, closes the connection and
 * returns -ETIMEDOUT.
 */
int client_call_within(struct client *client, const char *method, json_t *params, double seconds,
                       struct reply *ret);

void reply_release(struct reply *reply);

/* Closes the connection and frees everything. CLIENT may be zeroed or closed. */
void client_close(struct client *client);

#endif
