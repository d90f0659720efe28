/*
 * Joining.
 *
 * One joiner of a thread may wait as pthread_join does: the kernel wakes it when the thread is gone,
 * so that the thread need not do so on its way out, to be in the way of its joiner then. As in
 * k3thread_cond_wait, the wake signal's handler ends that wait by its deadline. All other joiners
 * wait for "ended", a futex.
 */
#include "delivery.h"
#include "reap.h"
#include "wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <math.h>
#include <string.h>
#include <sys/syscall.h>

/* ThreadSanitizer does not know pthread_clockjoin_np: it would take the thread for a leak. */
#if defined __SANITIZE_THREAD__
#define MAY_CLAIM false
#elif defined __has_feature
#if __has_feature(thread_sanitizer)
#define MAY_CLAIM false
#endif
#endif
#ifndef MAY_CLAIM
#define MAY_CLAIM true
#endif

void k3t_join_open(struct k3thread *t)
{
    pthread_mutex_lock(&t->lock);
    t->joinable = MAY_CLAIM && !t->leaving;
    pthread_mutex_unlock(&t->lock);
}

bool k3t_join_close(struct k3thread *t)
{
    bool claimed;

    pthread_mutex_lock(&t->lock);
    t->leaving = true;
    t->joinable = false;
    claimed = t->claimed;
    pthread_mutex_unlock(&t->lock);
    return claimed;
}

/* Whoever does not get T waits for "ended". Caller holds the lock. */
static void watch(struct k3thread *t)
{
    if (!k3t_has_ended(t))
        t->watched = true;
}

static bool claim(struct k3thread *t)
{
    bool claimed;

    pthread_mutex_lock(&t->lock);
    claimed = t->joinable && !t->claimed;
    if (claimed)
        t->claimed = true;
    else
        watch(t);
    pthread_mutex_unlock(&t->lock);
    return claimed;
}

/* Gives the claim up. If T is leaving, it leaves the rest of it to the calling thread. */
static void unclaim(struct k3thread *t)
{
    bool leaving;

    pthread_mutex_lock(&t->lock);
    t->claimed = false;
    leaving = t->leaving;
    watch(t);
    pthread_mutex_unlock(&t->lock);
    if (leaving)
        k3t_reap_join(t->thread);
}

/* Returns when T is gone, and for any other reason before. */
static void wait_for_exit(struct k3thread *t, const struct timespec *deadline)
{
    const struct timespec *until = k3t_until(deadline);
    int                    result;

    result = k3t_wait_must_end() ? ETIMEDOUT
                                 : pthread_clockjoin_np(t->thread, NULL, CLOCK_MONOTONIC, until);
    if (result != 0)
        unclaim(t);
}

/* Caller keeps T alive. */
static long wait_for_end(k3thread *t, const struct timespec *deadline)
{
    long result = 0;

    if (!k3t_has_ended(t) && claim(t))
        wait_for_exit(t, deadline);
    while (!k3t_has_ended(t) && (result == 0 || result == -EAGAIN || result == -EINTR))
        result = k3t_wait(SYS_futex, (long) &t->ended, FUTEX_WAIT_BITSET_PRIVATE, 0,
                          (long) deadline, 0, (long) FUTEX_BITSET_MATCH_ANY);
    /* What was claimed is out of the queue: it has to be thrown, whether T has ended by now or not. */
    return k3t_has_ended(t) && result != K3T_INTERRUPTED ? 0 : result;
}

static void copy_result(const k3thread *t, struct k3thread_result *ret)
{
    const struct k3thread_flight_ *exc = t->ended_by;

    ret->value = t->value;
    ret->exception = exc != NULL ? exc->exc.type : NULL;
    ret->message[0] = '\0';
    if (exc != NULL)
        memcpy(ret->message, exc->exc.message, sizeof(ret->message));
}

static __attribute__((noinline)) long join(k3thread *t, double timeout, struct k3thread_result *ret)
{
    struct timespec deadline;
    long            result;

    if (t == NULL)
        return K3THREAD_TYPE_ERROR;
    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    if (t == k3t_self())
        return -EDEADLK;
    k3t_frame_arrive();
    result = k3t_claim();
    if (result != 0)
        return result;
    deadline = k3t_deadline(timeout);
    result = wait_for_end(t, &deadline);
    if (result == 0 && ret != NULL)
        copy_result(t, ret);
    return result;
}

int k3thread_join(k3thread *t, double timeout, struct k3thread_result *ret)
{
    return k3t_finish(join(t, timeout, ret));
}
