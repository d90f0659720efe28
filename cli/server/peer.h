/* The state that is kept for one client between its requests. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_PEER_H
#define K3THREAD_CLI_SERVER_PEER_H

#include "cli/server/call_list.h"
#include "cli/server/connection.h"
#include "cli/server/console.h"
#include "cli/server/events.h"
#include "cli/server/log_reader_list.h"
#include "cli/server/record.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct attachment;
struct environment;

/* The umask of the commands of a client that says none. */
#define PEER_UMASK 022

/* One client. */
struct peer {
    struct connection   connection; /* the first member */
    struct call_list    calls;      /* its calls that are not answered yet */
    struct kept_list    kept;       /* the threads that the client keeps until it joins them */
    struct kept_list    joined;     /* at most one thread: the last that it joined without a name */
    uint64_t            started;    /* the id of the thread of its last start; 0: none */
    struct environment *environment; /* of its last start, or of its surroundings; NULL: none */
    char               *directory; /* the directory at which its relative paths begin; NULL: none */
    mode_t              umask;     /* of its commands, if a start does not say */
    bool                chain_broken; /* a chained start has failed: later starts are refused */
    struct watcher      watcher;
    struct attachment  *attachment; /* NULL: the client is no attached process */
    struct viewer       viewer;
    struct log_reader_list readers; /* the logs that it reads by "read" */
    size_t                 reader_count;
};

/*
 * Begins to serve the client at the connected socket FD, which it takes over. Returns 0 or -errno.
 */
int peer_open(int fd, const struct connection_handler *handler);

/* Returns the peer that CONNECTION is a part of. */
struct peer *peer_of(struct connection *connection);

/* Lets the threads in LIST be forgotten. LIST is a peer's list KEPT or JOINED. */
void peer_release(struct kept_list *list);

/* Frees PEER. Its connection must be closed, and its calls ended. */
void peer_free(struct peer *peer);

#endif
