#include "time_limit.h"

#include "clock.h"
#include "queue.h"
#include "watcher.h"

static __thread struct k3thread_limit_ *innermost K3THREAD_TLS_;

/*
 * Tells the watcher the nearest instant of the scopes that are left. Takes back the mark "due": if the time of
 * another scope is up, the watcher marks the thread again. Returns false if there can be no watcher.
 */
static bool update(struct k3thread *self)
{
    const struct k3thread_limit_ *limit;
    int64_t                       nearest = K3T_NO_INSTANT;

    for (limit = innermost; limit != NULL; limit = limit->outer) {
        if (!limit->over && limit->deadline < nearest)
            nearest = limit->deadline;
    }
    atomic_store(&self->watched.nearest, nearest);
    if (atomic_load(&self->due))
        k3t_queue_clear_due(self);
    return k3t_watcher_tell(&self->watched);
}

void k3t_limit_end(struct k3thread_limit_ *limit)
{
    innermost = limit->outer;
    if (limit->deadline != K3T_NO_INSTANT)
        update(k3t_local.self);
}

struct k3thread_limit_ *k3t_limit_innermost(void)
{
    return innermost;
}

void k3t_limit_end_inside(struct k3thread_limit_ *outer)
{
    if (innermost == outer)
        return;
    innermost = outer;
    update(k3t_local.self);
}

void k3t_limit_end_all(void)
{
    innermost = NULL;
}

void k3t_limit_enter(struct k3thread_limit_ *limit, double seconds)
{
    limit->over = false;
    limit->seconds = seconds;
    limit->deadline = K3T_NO_INSTANT;
    limit->outer = innermost;
    innermost = limit;
}

bool k3t_limit_begin(struct k3thread_limit_ *limit, struct k3thread *self)
{
    int64_t now = k3t_now();

    if (k3t_has_ended(self))
        return true;
    limit->deadline = now + (int64_t) (limit->seconds * (double) K3T_NANOSECONDS);
    if (!self->watched.listed)
        k3t_watcher_add(self);
    if (!update(self)) {
        k3t_limit_end(limit);
        return false;
    }
    if (limit->deadline <= now)
        k3t_queue_set_due(self, now);
    return true;
}

/* Returns the scope whose time was up first, and among equal instants the outermost scope; or NULL. */
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

static void fill(struct k3thread_exception_ *exc, k3thread_id sender, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    k3t_exc_fill(exc, &k3thread_TimeoutError, sender, format, arguments);
    va_end(arguments);
}

struct k3thread_exception_ *k3t_limit_take(struct k3thread *self)
{
    struct k3thread_limit_     *limit = innermost != NULL ? find_over(k3t_now()) : NULL;
    struct k3thread_exception_ *exc;

    if (limit == NULL)
        return NULL;
    exc = k3t_exc_new_sure(&self->reserve);
    fill(exc, self->id, "the limit was %g s", limit->seconds);
    exc->limit = limit;
    limit->over = true;
    update(self);
    return exc;
}
