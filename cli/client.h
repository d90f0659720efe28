/*
 * A connection to a supervisor: requests and their replies.
 *
 * Functions that can fail return 0 or a negative errno; client->failure then says what happened
 * in words, for command_failed(). One thread uses a client at a time.
 */
#ifndef K3THREAD_CLI_CLIENT_H
#define K3THREAD_CLI_CLIENT_H

#include "cli/place.h"
#include "cli/text.h"

#include <jansson.h>
#include <stdbool.h>

struct failure {
    int         status;   /* the exit status that stands for it */
    char        type[48]; /* "InvalidThreadIdError"; "" when it has no such name */
    struct text message;
};

struct client {
    const char    *journal; /* where the supervisor says what it cannot say otherwise; borrowed */
    bool           open;
    int            fd;
    json_int_t     last_id;
    struct text    unsent;   /* requests that the socket did not take yet */
    struct text    received; /* bytes behind the last reply; those before `consumed` are done */
    size_t         consumed;
    struct failure failure;
};

enum client_connect {
    CLIENT_CONNECT,        /* a supervisor must be there */
    CLIENT_CONNECT_ANY,    /* the same; for root, another user's is fine (an explicit -S) */
    CLIENT_CONNECT_OR_START,
};

struct reply {
    json_int_t id;
    json_t    *result; /* a new reference; NULL: the error is in client->failure */
    json_t    *error;  /* a new reference to the error object when result is NULL */
};

/* Connects CLIENT, which is zeroed or closed. A client that is open stays as it is. */
int client_open(struct client *client, const struct place *place, enum client_connect how);

/*
 * Sends a request without waiting for its reply; *RET_ID will be the reply's id. PARAMS is used
 * up; NULL stands for a failed allocation. Never blocks: what the socket does not take is sent by
 * client_receive(), so any number of requests may be on their way.
 */
int client_send(struct client *client, const char *method, json_t *params, json_int_t *ret_id);

/* Waits for the next reply, to whichever request. An error reply is a success here. */
int client_receive(struct client *client, struct reply *ret);

/* Whether client_receive() would return without waiting for the socket. */
bool client_has_reply(const struct client *client);

/* Sends a request and waits for its reply. An error reply makes it fail. */
int client_call(struct client *client, const char *method, json_t *params, json_t **ret);

/* Releases the references of a reply. */
void reply_release(struct reply *reply);

/* Closes the connection and frees everything; CLIENT can be opened again. */
void client_close(struct client *client);

#endif
