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

int k3thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, double timeout)
{
    struct timespec deadline;
    int             result, error;

    if (cond == NULL || mutex == NULL)
        return K3THREAD_TYPE_ERROR;
    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    k3t_self();
    deadline = k3t_deadline(timeout);
    k3t_local.deadline = &deadline;
    atomic_signal_fence(memory_order_seq_cst);
    /* What came before the handler knew the deadline is seen here; what comes after, by the call. */
    result = k3t_wait_must_end() ? ETIMEDOUT
                                 : pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &deadline);
    k3t_local.deadline = NULL;
    if (result == 0)
        return 0;
    error = k3t_interrupted();
    return error != 0 ? error : -result;
}
