/*
 * The other machine on which a thread runs, as its worker knows it. The server makes the seats of a run before any
 * worker knows them, and frees none that a worker may know.
 */
#ifndef K3THREAD_CLI_WORKER_SEAT_H
#define K3THREAD_CLI_WORKER_SEAT_H

#include <stdatomic.h>

struct remote_pool;

/* One machine. */
struct seat {
    char *name;   /* the machine's, as the user has given it */
    char *socket; /* a client that connects there reaches the machine's agent */
    _Atomic(const char *)
        lost; /* why the machine cannot be reached any more; NULL: it can, or no reason is known */
    _Atomic double
        vacant; /* once it is lost: the time (clock.h) when its agent has ended everything */
    struct remote_pool *pool; /* of connections to the agent */
};

#endif
