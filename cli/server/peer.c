#include "cli/server/peer.h"

#include "cli/server/attachment.h"
#include "cli/server/store.h"
#include "cli/worker/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int peer_open(int fd, const struct connection_handler *handler)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    int          error;

    if (peer == NULL) {
        close(fd);
        return -ENOMEM;
    }
    peer->umask = PEER_UMASK;
    LIST_INIT(&peer->calls);
    LIST_INIT(&peer->kept);
    LIST_INIT(&peer->joined);
    LIST_INIT(&peer->readers);
    error = connection_open(&peer->connection, fd, handler);
    if (error != 0)
        free(peer);
    return error;
}

struct peer *peer_of(struct connection *connection)
{
    return (struct peer *) connection;
}

void peer_release(struct kept_list *list)
{
    while (!LIST_EMPTY(list))
        store_let_go(LIST_FIRST(list), list);
}

void peer_free(struct peer *peer)
{
    attachment_close(peer->attachment);
    peer_release(&peer->kept);
    peer_release(&peer->joined);
    events_unwatch(&peer->watcher);
    viewer_end(&peer->viewer);
    environment_unref(peer->environment);
    free(peer->directory);
    free(peer);
}
