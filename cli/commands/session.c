#include "cli/commands/session.h"

#include "cli/client/ssh.h"

#include <errno.h>
#include <stdlib.h>

/* Returns true if the user names a supervisor of this machine. */
static bool is_here(const struct session *session)
{
    const char *socket = getenv("K3THREAD_SOCKET");

    return session->label != NULL || session->socket != NULL ||
           (socket != NULL && socket[0] != '\0');
}

/* Sets the host, if there is one. Returns 0, or -EINVAL with a sentence in WHY. */
static int find_host(struct session *session, struct text *why)
{
    const char *host = getenv("K3THREAD_HOST");

    if (session->host_option != NULL && (session->label != NULL || session->socket != NULL)) {
        text_add(why, "-H excludes -L and -S");
        return -EINVAL;
    }
    if (session->host_option != NULL)
        host = session->host_option;
    else if (is_here(session) || (host != NULL && host[0] == '\0'))
        host = NULL;
    if (host != NULL && !ssh_is_host(host, why))
        return -EINVAL;
    session->host = host;
    return 0;
}

int session_find_place(struct session *session, struct text *why)
{
    int error = session->place.socket == NULL ? find_host(session, why) : 0;

    if (error != 0 || session->host != NULL)
        return error;
    return session_find_place_here(session, why);
}

int session_find_place_here(struct session *session, struct text *why)
{
    if (session->place.socket != NULL)
        return 0;
    return place_resolve(&session->place, session->label, session->socket, why);
}

/* Allows root to use another user's supervisor, but only if -S names it. */
int session_connect(struct session *session, bool starts)
{
    unsigned flags = starts ? CLIENT_START : 0;

    if (session->host != NULL)
        return client_open_host(&session->client, session->host,
                                session->is_silent ? CLIENT_SILENT : 0);
    if (session->socket != NULL)
        flags |= CLIENT_ANY_USER;
    return client_open(&session->client, &session->place, flags);
}

bool session_has_logs_here(const struct session *session)
{
    bool is_placed =
        session->label == NULL && session->socket == NULL && getenv("K3THREAD_HOSTNAME") != NULL;

    return session->host == NULL && !is_placed;
}

struct session session_of_same(const struct session *session)
{
    return (struct session){
        .label = session->label, .socket = session->socket, .host_option = session->host_option};
}

void session_release(struct session *session)
{
    client_close(&session->client);
    place_release(&session->place);
}
