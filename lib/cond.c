/*
 * The interruptible wait for a condition variable of the C library.
 *
 * Its futex calls are out of reach. But the library hands our deadline to the kernel, by address, at
 * each of them: the wake signal's handler sets it to the past. If it comes before the call, the call
 * ends at once; if during it, the library calls again, and that ends at once. Either way the
 * library itself finds out whether a signal was consumed, and takes the mutex again.
 */
#include "delivery.h"
#include "wait.h"

#include <errno.h>
#include <math.h>

/* What came before the handler knew the deadline is seen here; what comes after, by the call. */
static int wait_once(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *deadline)
{
    struct timespec until = *deadline;
    int             result;

    k3t_local.deadline = &until;
    atomic_signal_fence(memory_order_seq_cst);
    result =
        k3t_wait_must_end() ? EINTR : pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &until);
    k3t_local.deadline = NULL;
    return result;
}

static __attribute__((noinline)) long wait_for_signal(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                                      double timeout)
{
    struct timespec deadline;
    long            claim = 0;
    int             result;

    if (cond == NULL || mutex == NULL)
        return K3THREAD_TYPE_ERROR;
    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    k3t_self();
    deadline = k3t_deadline(timeout);
    do {
        result = wait_once(cond, mutex, &deadline);
        if (result != 0)
            claim = k3t_claim();
    } while (result == EINTR && claim == 0);
    return claim != 0 ? claim : -result;
}

int k3thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, double timeout)
{
    return k3t_finish(wait_for_signal(cond, mutex, timeout));
}
