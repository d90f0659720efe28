/* What is kept for one client between its requests. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_PEER_H
#define K3THREAD_CLI_SERVER_PEER_H

#include "cli/server/call_list.h"
#include "cli/server/connection.h"
#include "cli/server/events.h"
#include "cli/server/record.h"

#include <stdbool.h>
#include <stdint.h>

struct environment;

/* A client, as the server sees it. */
struct peer {
    struct connection connection; /* the first member */
    struct call_list  calls;      /* not answered yet */
    struct kept_list  kept;       /* threads that the client has not joined yet */
    struct kept_list
             joined;  /* at most one thread: the last of them that it joined without a name */
    uint64_t started; /* the thread that the last start made; 0: none */
    struct environment *environment;  /* of the last start, or NULL */
    bool                chain_broken; /* a chained start failed: those behind it are refused */
    struct watcher      watcher;
};

/* Begins to serve the client at FD, a connected socket, which it takes over. Returns 0 or -errno. */
int peer_open(int fd, const struct connection_handler *handler);

/* Returns the peer that CONNECTION is a part of. */
struct peer *peer_of(struct connection *connection);

/* Lets the threads in LIST, one of a peer's two, be forgotten. */
void peer_release(struct kept_list *list);

/* Frees PEER, which has no calls any more, when its connection is closed. */
void peer_free(struct peer *peer);

#endif
