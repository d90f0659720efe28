#include "exit.h"

#include "delivery.h"
#include "gone.h"
#include "reap.h"
#include "registry.h"
#include "wait.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <math.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_uint    counted;    /* a futex */
static atomic_bool    awaited;    /* somebody waits for it, or is about to */
static atomic_bool    registered; /* exit will call wait_in_exit, once more */
static _Atomic(pid_t) exiting;    /* the thread that does */

/*
 * Ends the calling thread as the kernel does. It runs no destructors, which the process's end would
 * not run either; who joins it finds that it has returned nothing.
 */
static _Noreturn void end_alone(void)
{
    struct k3thread *self = k3t_local.self;

    if (self != NULL && !k3t_has_ended(self))
        k3t_thread_end(self);
    for (;;)
        syscall(SYS_exit, 0);
}

void k3t_exit_claim(void)
{
    pid_t exits = 0;

    if (!atomic_compare_exchange_strong(&exiting, &exits, gettid()) && exits != gettid())
        end_alone();
}

/*
 * Waits until at most OWN threads are counted, and those that no longer are have gone: at most until
 * DEADLINE, in an interruptible wait, or without end and whatever comes if it is NULL.
 */
static long wait_for_others(unsigned own, const struct timespec *deadline)
{
    unsigned left;
    long     result = 0;

    atomic_store(&awaited, true);
    while ((left = atomic_load(&counted)) > own) {
        if (deadline == NULL)
            syscall(SYS_futex, &counted, FUTEX_WAIT, left, NULL, NULL, 0);
        else
            result = k3t_wait_word((const unsigned *) &counted, left, deadline);
        if (result != 0 && result != -EAGAIN && result != -EINTR)
            return result;
    }
    return k3t_reap_wait(deadline);
}

/* Tells those who join the calling thread that it will not come back: they are waited for. */
static void leave_for_good(void)
{
    struct k3thread *self = k3t_local.self;

    if (self == NULL || k3t_has_ended(self))
        return;
    k3t_gone_set(self);
    if (self->counted) {
        self->counted = false;
        k3t_exit_discount();
    }
}

/*
 * Runs inside exit. It registers itself anew before it waits, so that an exit in another thread, in
 * the meantime, also comes through here (unless the C library stops it before); and is called again,
 * then to find nothing to wait for.
 */
static void wait_in_exit(void)
{
    atomic_store(&registered, false);
    k3t_exit_claim();
    leave_for_good();
    if (atomic_load(&counted) != 0)
        k3t_exit_install();
    wait_for_others(0, NULL);
}

/*
 * Also while the process exits already: the next handler is then this one.
 *
 * If the C library has no room for a handler, there is nobody to tell: the rule does not hold.
 */
void k3t_exit_install(void)
{
    if (!atomic_load_explicit(&registered, memory_order_relaxed) &&
        !atomic_exchange(&registered, true))
        atexit(wait_in_exit);
}

void k3t_exit_count(void)
{
    atomic_fetch_add(&counted, 1);
}

/* Either the one who waits sees the new count, or "awaited" is seen here. */
void k3t_exit_discount(void)
{
    atomic_fetch_sub(&counted, 1);
    if (atomic_load(&awaited))
        syscall(SYS_futex, &counted, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void k3t_exit_in_child(bool self_counted)
{
    atomic_store(&counted, self_counted ? 1 : 0);
    atomic_store(&exiting, 0);
}

static __attribute__((noinline)) long shut_down(double timeout)
{
    const unsigned  own = k3t_self()->counted ? 1 : 0;
    struct timespec deadline;
    long            result;

    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    result = k3t_claim();
    if (result != 0)
        return result;
    deadline = k3t_deadline(timeout);
    return wait_for_others(own, &deadline);
}

int k3thread_shutdown(double timeout)
{
    return k3t_finish(shut_down(timeout));
}
