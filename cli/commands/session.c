#include "cli/commands/session.h"

#include <stdlib.h>
#include <string.h>

int session_find_place(struct session *session, struct text *why)
{
    char *reason = NULL;
    int   error;

    if (session->place.socket != NULL)
        return 0;
    error = place_resolve(&session->place, session->label, session->socket, &reason);
    if (error != 0)
        text_add(why, reason != NULL ? reason : strerror(-error));
    free(reason);
    return error;
}

/* Root may use another user's supervisor, but only one that -S names. */
int session_connect(struct session *session, bool starts)
{
    unsigned flags = starts ? CLIENT_START : 0;

    if (session->socket != NULL)
        flags |= CLIENT_ANY_USER;
    return client_open(&session->client, &session->place, flags);
}

void session_release(struct session *session)
{
    client_close(&session->client);
    place_release(&session->place);
}
