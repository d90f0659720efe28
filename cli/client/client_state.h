/* The state of a client's connection. client.h has the functions for it. */
#ifndef K3THREAD_CLI_CLIENT_CLIENT_STATE_H
#define K3THREAD_CLI_CLIENT_CLIENT_STATE_H

#include "cli/base/text.h"
#include "cli/client/ssh.h"
#include "cli/client/wire.h"
#include "cli/place/place.h"

#include <jansson.h>
#include <stdbool.h>

/* One failure. */
struct failure {
    int         status;   /* the exit status for this failure */
    char        type[48]; /* "InvalidThreadIdError"; "" if the failure has no such name */
    struct text message;
};

struct client {
    bool        open;
    struct wire wire;    /* valid while the client is open */
    bool        foreign; /* the supervisor is another user's, and may refuse this one */
    bool        is_new;  /* this client has started the supervisor, which has not replied yet */
    bool        adopted; /* the first request is already sent, and is not sent again */
    bool        greeted; /* a host was asked for a sign of life, together with the first request */
    bool        heard;   /* a reply has come over this connection */
    bool        refused; /* an error for all requests has come; FAILURE says which */
    bool        has_looked; /* the supervisor did not answer for a while, and was looked at */
    json_int_t  last_id;

    /* Borrowed. These members are set by the last client_open(). */
    const struct place *place;
    const char         *host; /* the machine of the supervisor; NULL: this one */
    unsigned            flags;
    struct ssh          ssh; /* the way to the host */

    struct failure failure;
    bool environment_known; /* the last start sent this process's own environment, unchanged */

    /*
     * Called with the parameters of each notification that comes before a reply. NULL: notifications
     * are dropped.
     */
    void (*notify)(void *context, const json_t *params);
    void *notify_context;
};

/* Closes a connection that is no longer usable. The next client_open() makes a new one. */
void client_drop(struct client *client);

#endif
