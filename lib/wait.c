#include "wait.h"

#include "adopt.h"
#include "claim.h"
#include "mask.h"
#include "syscall.h"
#include "wake.h"

#include <linux/futex.h>
#include <math.h>

/*
 * Leaves a wait. One atomic exchange reads and clears `waiting`. If the wake signal came before the
 * exchange, the handler may have blocked the signal, and this function unblocks it. If the signal comes
 * later, the handler finds no wait and blocks nothing. (If the read and the store were separate, the
 * handler could block the signal between them for good.)
 */
static void leave_wait(void)
{
    if (__atomic_exchange_n(&k3t_local.waiting, K3T_NOT_WAITING, __ATOMIC_RELAXED) == K3T_DEFERRED)
        k3t_wake_unblock();
}

/*
 * Enters a wait. The previous wait may still be marked as entered: a signal handler of the program may
 * have left it by siglongjmp, or by an exception of its own.
 */
static void enter_wait(void)
{
    k3t_self();
    k3t_mask_catch_all_fast();
    if (__builtin_expect(k3t_local.waiting != K3T_NOT_WAITING, 0))
        leave_wait();
}

long k3t_wait(long number, long a, long b, long c, long d, long e, long f)
{
    long result, claim;

    enter_wait();
    __atomic_store_n(&k3t_local.waiting, K3T_WAITING, __ATOMIC_RELAXED);
    result = k3t_syscall(&k3thread_local_.word, number, a, b, c, d, e, f);
    leave_wait();
    if (result != K3T_INTERRUPTED && result != -EINTR)
        return result;
    claim = k3t_claim();
    return claim != 0 ? claim : -EINTR;
}

long k3t_wait_word(const unsigned *word, unsigned value, const struct timespec *deadline)
{
    return k3t_wait(SYS_futex, (long) word, FUTEX_WAIT_BITSET, (long) value, (long) deadline, 0,
                    (long) FUTEX_BITSET_MATCH_ANY);
}

long k3t_wait_again(long number, long a, long b, long c, long d, long e, long f)
{
    long result;

    do
        result = k3t_wait(number, a, b, c, d, e, f);
    while (result == -EINTR);
    return result;
}

long k3t_wait_begin(double timeout, struct timespec *ret_deadline)
{
    long result;

    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    result = k3t_claim();
    if (result == 0)
        *ret_deadline = k3t_deadline(timeout);
    return result;
}

long k3t_sleep_until(const struct timespec *deadline)
{
    return k3t_wait_again(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, (long) deadline, 0,
                          0, 0);
}

const struct timespec *k3t_until(const struct timespec *deadline, bool repeated)
{
    struct k3thread *self = k3t_self();

    enter_wait();
    self->until = *deadline;
    if (repeated)
        __atomic_store_n(&k3t_local.waiting, K3T_REPEATED, __ATOMIC_RELAXED);
    atomic_signal_fence(memory_order_seq_cst);
    return &self->until;
}

long k3t_until_result(int result, const struct timespec *deadline)
{
    long claim;

    leave_wait();
    if (result != ETIMEDOUT && result != EINTR)
        return -result;
    claim = k3t_claim();
    if (claim != 0)
        return claim;
    return result == ETIMEDOUT && k3t_has_passed(deadline) ? -ETIMEDOUT : -EINTR;
}
