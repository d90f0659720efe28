#include "cli/worker/remote_pool.h"

#include "cli/worker/environment.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* The pool keeps at most this many connections, and closes further ones. */
#define IDLE_MAX 64

struct remote_pool {
    pthread_mutex_t    lock;
    unsigned           count;
    struct idle_remote idle[IDLE_MAX];
};

static void drop(const struct idle_remote *idle)
{
    close(idle->fd);
    environment_unref(idle->environment);
}

struct remote_pool *remote_pool_new(void)
{
    struct remote_pool *pool = calloc(1, sizeof(*pool));

    if (pool != NULL)
        pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

void remote_pool_free(struct remote_pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->count > 0)
        drop(&pool->idle[--pool->count]);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

bool remote_pool_take(struct remote_pool *pool, struct idle_remote *ret)
{
    bool has_one;

    pthread_mutex_lock(&pool->lock);
    has_one = pool->count > 0;
    if (has_one)
        *ret = pool->idle[--pool->count];
    pthread_mutex_unlock(&pool->lock);
    return has_one;
}

void remote_pool_leave(struct remote_pool *pool, const struct idle_remote *idle)
{
    bool has_room;

    pthread_mutex_lock(&pool->lock);
    has_room = pool->count < IDLE_MAX;
    if (has_room)
        pool->idle[pool->count++] = *idle;
    pthread_mutex_unlock(&pool->lock);
    if (!has_room)
        drop(idle);
}
