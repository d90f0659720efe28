/*
 * The connections to one machine's agent that no worker uses at the moment. A worker whose run is over leaves its
 * connection here, and the next worker takes it. That saves both sides the work of a new connection, and the agent
 * has the environment of the last command, which most commands of a run share.
 */
#ifndef K3THREAD_CLI_WORKER_REMOTE_POOL_H
#define K3THREAD_CLI_WORKER_REMOTE_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct environment;
struct remote_pool;

/* A connection between two runs. */
struct idle_remote {
    int                 fd;
    int64_t             last_id;     /* of the requests that were sent */
    struct environment *environment; /* kept by the agent, too; a reference, or NULL */
};

/* Returns an empty pool, or NULL without memory. */
struct remote_pool *remote_pool_new(void);

/* Frees POOL, which may be NULL. No worker may use it any more. */
void remote_pool_free(struct remote_pool *pool);

/* Takes the connection that was left last. Returns false if there is none. Any thread. */
bool remote_pool_take(struct remote_pool *pool, struct idle_remote *ret);

/* Puts a connection into the pool, or closes it if the pool is full. Any thread. */
void remote_pool_leave(struct remote_pool *pool, const struct idle_remote *idle);

#endif
