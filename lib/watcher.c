#include "watcher.h"

#include "clock.h"
#include "hidden_thread.h"
#include "queue.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAR (K3T_NO_INSTANT - 1) /* an instant that never comes */
/*
 * The nanoseconds after which a watcher ends that has nothing to watch, because the process may have to end with its
 * last other thread.
 */
#define LINGER (K3T_NANOSECONDS / 10)

static pthread_mutex_t     lock = PTHREAD_MUTEX_INITIALIZER;
static struct k3t_watched *first;   /* under the lock */
static bool                running; /* under the lock */
static atomic_uint         calls;   /* a futex: counts how often a thread had something to tell */
/* The instant of the next look. K3T_NO_INSTANT while the watcher looks, or does not run: then every thread calls it. */
static _Atomic(int64_t) planned = K3T_NO_INSTANT;

/*
 * Marks the threads whose instant has passed. Returns the nearest instant of the other threads. Returns
 * K3T_NO_INSTANT if no thread has an instant, and FAR if each thread that has an instant is marked: such a thread
 * will tell when it is no longer due.
 */
static int64_t look(void)
{
    int64_t             now = k3t_now();
    int64_t             next = K3T_NO_INSTANT;
    int64_t             nearest;
    struct k3t_watched *each;

    pthread_mutex_lock(&lock);
    for (each = first; each != NULL; each = each->next) {
        nearest = atomic_load(&each->nearest);
        if (nearest <= now) {
            if (!atomic_load(&each->thread->due))
                k3t_queue_set_due(each->thread, now);
            nearest = FAR;
        }
        if (nearest < next)
            next = nearest;
    }
    pthread_mutex_unlock(&lock);
    return next;
}

static void wait_for_call(unsigned seen, int64_t until)
{
    const struct timespec time = {until / K3T_NANOSECONDS, until % K3T_NANOSECONDS};

    syscall(SYS_futex, &calls, FUTEX_WAIT_BITSET_PRIVATE, seen, &time, NULL,
            FUTEX_BITSET_MATCH_ANY);
}

static void wake(void)
{
    syscall(SYS_futex, &calls, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/*
 * Returns true if no thread has called since SEEN. Then there is nothing to watch, and the watcher may end: the
 * next thread that calls starts another watcher.
 */
static bool may_end(unsigned seen)
{
    bool idle;

    pthread_mutex_lock(&lock);
    idle = atomic_load(&calls) == seen;
    running = !idle;
    pthread_mutex_unlock(&lock);
    return idle;
}

/*
 * Runs the watcher. A thread stores its instant and then reads the plan. The watcher takes the plan back, then
 * reads the instants, then stores the new plan. So the watcher sees the instant, or the thread sees that it has to
 * call.
 */
static void *watch(void *arg)
{
    bool     idle = false;
    unsigned seen;
    int64_t  next;

    prctl(PR_SET_NAME, "k3thread-limits");
    for (;;) {
        seen = atomic_load(&calls);
        atomic_store(&planned, K3T_NO_INSTANT);
        next = look();
        if (next != K3T_NO_INSTANT) {
            idle = false;
            atomic_store(&planned, next);
            wait_for_call(seen, next);
        } else if (!idle) {
            idle = true;
            wait_for_call(seen, k3t_now() + LINGER);
        } else if (may_end(seen)) {
            return arg;
        }
    }
}

/* Starts the watcher. Returns false if that is not possible. Caller holds the lock. */
static bool start(void)
{
    running = k3t_hidden_thread_start(watch, 0) == 0;
    return running;
}

/*
 * Wakes the watcher, or starts one. Returns false if none can be started. Counts the call first: either a watcher
 * that is about to end sees the count, or that watcher has ended by the time that the lock is free.
 */
static bool call(void)
{
    bool there;

    atomic_fetch_add(&calls, 1);
    pthread_mutex_lock(&lock);
    there = running || start();
    pthread_mutex_unlock(&lock);
    wake();
    return there;
}

bool k3t_watcher_tell(const struct k3t_watched *watched)
{
    return atomic_load(&watched->nearest) >= atomic_load(&planned) || call();
}

void k3t_watcher_add(struct k3thread *t)
{
    struct k3t_watched *watched = &t->watched;

    pthread_mutex_lock(&lock);
    watched->thread = t;
    watched->listed = true;
    watched->next = first;
    first = watched;
    pthread_mutex_unlock(&lock);
}

/*
 * The watcher may have planned its next look in an hour, for a scope that was left long ago. With the last thread
 * that is watched the process may end, so the watcher is woken, to end first.
 */
void k3t_watcher_remove(struct k3t_watched *watched)
{
    struct k3t_watched **at = &first;
    bool                 was_last;

    if (!watched->listed)
        return;
    pthread_mutex_lock(&lock);
    while (*at != NULL && *at != watched)
        at = &(*at)->next;
    if (*at != NULL)
        *at = watched->next;
    watched->listed = false;
    was_last = first == NULL;
    pthread_mutex_unlock(&lock);
    if (was_last) {
        atomic_fetch_add(&calls, 1);
        wake();
    }
}

void k3t_watcher_lock(void)
{
    pthread_mutex_lock(&lock);
}

void k3t_watcher_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* The limits of the calling thread hold in the child, too: then the child needs a watcher of its own. */
void k3t_watcher_in_child(struct k3thread *self)
{
    first = NULL;
    running = false;
    atomic_store(&planned, K3T_NO_INSTANT);
    if (self != NULL && self->watched.listed) {
        first = &self->watched;
        first->next = NULL;
        if (atomic_load(&first->nearest) != K3T_NO_INSTANT)
            start();
    }
    k3t_watcher_unlock();
}
