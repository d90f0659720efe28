#include "cli/commands/session.h"

int session_find_place(struct session *session, struct text *why)
{
    if (session->place.socket != NULL)
        return 0;
    return place_resolve(&session->place, session->label, session->socket, why);
}

/* Allows root to use another user's supervisor, but only if -S names it. */
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
