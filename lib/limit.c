#include "limit.h"

#include "delivery.h"
#include "watcher.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define NANOSECONDS 1000000000L
#define BEYOND      9e9 /* seconds, or 285 years; a limit that is longer is none */

static __thread struct k3thread_limit_ *innermost __attribute__((tls_model("initial-exec")));

int64_t k3t_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * NANOSECONDS + now.tv_nsec;
}

/*
 * Tells the watcher of the nearest instant that is left, and takes back that the thread is due: if a
 * scope is over all the same, the watcher says so again. Returns false if there can be no watcher.
 */
static bool update(struct k3thread *self)
{
    const struct k3thread_limit_ *limit;
    int64_t                       nearest = K3T_NO_LIMIT;

    for (limit = innermost; limit != NULL; limit = limit->outer) {
        if (!limit->over && limit->deadline < nearest)
            nearest = limit->deadline;
    }
    atomic_store(&self->watched.nearest, nearest);
    if (atomic_load(&self->due))
        k3t_not_due(self);
    return k3t_watcher_tell(&self->watched);
}

void k3t_limit_end(struct k3thread_limit_ *limit)
{
    innermost = limit->outer;
    if (limit->deadline != K3T_NO_LIMIT)
        update(k3t_self());
}

static void begin(struct k3thread_limit_ *limit, struct k3thread *self)
{
    int64_t now = k3t_now();

    limit->deadline = now + (int64_t) (limit->seconds * (double) NANOSECONDS);
    if (!self->watched.listed)
        k3t_watcher_add(self);
    if (!update(self)) {
        k3t_limit_end(limit);
        k3thread_throw(&k3thread_RuntimeError, "no thread can be started to watch a time limit");
    }
    if (limit->deadline <= now)
        k3t_due(self, now);
}

/* Nothing is thrown once the block is entered: a limit that is over is for its body. */
struct k3thread_try_ *k3thread_timeout_enter_(struct k3thread_timeout_ *block, double seconds)
{
    struct k3thread_limit_ *limit = &block->limit;

    if (isnan(seconds))
        k3thread_throw(&k3thread_ValueError, "a time limit must be a number");
    limit->over = false;
    limit->seconds = seconds;
    limit->deadline = K3T_NO_LIMIT;
    limit->outer = innermost;
    innermost = limit;
    if (seconds >= 0 && seconds < BEYOND)
        begin(limit, k3t_self());
    k3thread_try_enter_(&block->body);
    block->body.block.limited = true;
    return &block->body;
}

static struct k3thread_limit_ *find_over(int64_t now)
{
    struct k3thread_limit_ *limit;
    struct k3thread_limit_ *found = NULL;

    for (limit = innermost; limit != NULL; limit = limit->outer) {
        if (!limit->over && limit->deadline <= now &&
            (found == NULL || limit->deadline <= found->deadline))
            found = limit;
    }
    return found;
}

static void fill(struct k3thread_flight_ *exc, k3thread_id sender, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    k3t_exc_fill(exc, &k3thread_TimeoutError, sender, format, arguments);
    va_end(arguments);
}

struct k3thread_flight_ *k3t_limit_take(struct k3thread *self)
{
    struct k3thread_limit_  *limit = innermost != NULL ? find_over(k3t_now()) : NULL;
    struct k3thread_flight_ *exc;

    if (limit == NULL)
        return NULL;
    exc = k3t_exc_new_sure(&self->reserve);
    fill(exc, self->id, "the limit was %g s", limit->seconds);
    exc->limit = limit;
    limit->over = true;
    update(self);
    return exc;
}

struct k3thread_limit_ *k3t_limit_exchange(struct k3thread_limit_ *limit)
{
    struct k3thread_limit_ *old = innermost;

    innermost = limit;
    if (old != limit && k3t_local.self != NULL)
        update(k3t_local.self);
    return old;
}

void k3t_limit_in_child(void)
{
    k3t_watcher_in_child(k3t_local.self);
}
