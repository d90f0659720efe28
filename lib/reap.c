#include "reap.h"

#include "gone.h"

#include <stddef.h>
#include <sys/queue.h>

/* The records that k3t_reap_some looks at: more than one, so that the list shrinks again after slow destructors. */
#define AT_A_TIME 2

TAILQ_HEAD(ending, k3thread);

static struct ending   ending = TAILQ_HEAD_INITIALIZER(ending);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint     count; /* of records in the list; changed under the lock */

void k3t_reap_lock(void)
{
    pthread_mutex_lock(&lock);
}

void k3t_reap_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* Adds T to the list. Caller holds the lock. */
static void put_in(struct k3thread *t)
{
    TAILQ_INSERT_TAIL(&ending, t, ending);
    t->is_ending = true;
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

void k3t_reap_later(struct k3thread *t)
{
    k3t_reap_lock();
    put_in(t);
    k3t_reap_unlock();
}

/* Takes T out of the list. Returns false if it is not in the list. Caller holds the lock. */
static bool take_out(struct k3thread *t)
{
    if (!t->is_ending)
        return false;
    TAILQ_REMOVE(&ending, t, ending);
    t->is_ending = false;
    atomic_fetch_sub_explicit(&count, 1, memory_order_relaxed);
    return true;
}

void k3t_reap(struct k3thread *t)
{
    bool taken;

    k3t_reap_lock();
    taken = take_out(t);
    k3t_reap_unlock();
    if (taken)
        k3thread_unref(t);
}

/*
 * Takes the first record out of the list if its thread is gone, and returns it. Otherwise moves it to the end of
 * the list, and returns NULL.
 */
static struct k3thread *next_gone(void)
{
    struct k3thread *t;

    k3t_reap_lock();
    t = TAILQ_FIRST(&ending);
    if (t != NULL) {
        take_out(t);
        if (!k3t_is_gone(t)) {
            put_in(t);
            t = NULL;
        }
    }
    k3t_reap_unlock();
    return t;
}

void k3t_reap_some(void)
{
    /* A stale 0 only postpones the release to the next call. */
    if (atomic_load_explicit(&count, memory_order_relaxed) == 0)
        return;
    for (int i = 0; i < AT_A_TIME; i++)
        k3thread_unref(next_gone());
}

struct k3thread *k3t_reap_next_awaited(void)
{
    struct k3thread *t;

    k3t_reap_lock();
    TAILQ_FOREACH(t, &ending, ending) {
        if (!t->daemon && !t->adopted && t != k3t_local.self)
            break;
    }
    k3thread_ref(t);
    k3t_reap_unlock();
    return t;
}

void k3t_reap_keep(struct k3thread *survivor)
{
    struct ending    not_in_child = TAILQ_HEAD_INITIALIZER(not_in_child);
    const bool       survives = survivor != NULL && take_out(survivor);
    struct k3thread *t;

    TAILQ_CONCAT(&not_in_child, &ending, ending);
    atomic_store(&count, 0);
    if (survives)
        put_in(survivor);
    k3t_reap_unlock();
    while ((t = TAILQ_FIRST(&not_in_child)) != NULL) {
        TAILQ_REMOVE(&not_in_child, t, ending);
        t->is_ending = false;
        k3t_gone_set(t);
        k3thread_unref(t);
    }
}
