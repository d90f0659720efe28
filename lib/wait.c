/* The ground of the interruptible waits; calls.c, locks.c and join.c have the waits themselves. */
#include "wait.h"

#include "delivery.h"
#include "syscall.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#define FOREVER     ((time_t) 1 << 40) /* seconds; the kernel takes it, and has room to add to it */
#define NANOSECONDS 1000000000L

/* Rounded up: no wait is shorter than asked for. */
struct timespec k3t_deadline(double seconds)
{
    struct timespec now;
    time_t          whole;

    if (seconds < 0 || seconds >= (double) FOREVER)
        return (struct timespec){FOREVER, 0};
    whole = (time_t) seconds;
    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec += whole;
    now.tv_nsec += (long) ((seconds - (double) whole) * (double) NANOSECONDS) + 1;
    if (now.tv_nsec >= NANOSECONDS) {
        now.tv_sec++;
        now.tv_nsec -= NANOSECONDS;
    }
    return now;
}

struct timespec k3t_time_left(const struct timespec *deadline)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec = deadline->tv_sec - now.tv_sec;
    now.tv_nsec = deadline->tv_nsec - now.tv_nsec;
    if (now.tv_nsec < 0) {
        now.tv_sec--;
        now.tv_nsec += NANOSECONDS;
    }
    return now.tv_sec >= 0 ? now : (struct timespec){0, 0};
}

bool k3t_has_passed(const struct timespec *deadline)
{
    const struct timespec left = k3t_time_left(deadline);

    return left.tv_sec == 0 && left.tv_nsec == 0;
}

/*
 * Leaves a wait. One exchange takes what the handler has left: a wake signal that comes before it is
 * unblocked here, and one that comes after it finds no wait and blocks nothing. (Between a look and a
 * store, the handler could block the signal and be forgotten.)
 */
static void leave_wait(void)
{
    if (__atomic_exchange_n(&k3t_local.waiting, K3T_NOT_WAITING, __ATOMIC_RELAXED) == K3T_DEFERRED)
        k3t_wake_unblock();
}

/* A handler of the program may have left the wait before by siglongjmp, or an exception of its own. */
static void enter_wait(void)
{
    k3t_self();
    k3t_frame_arrive();
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

long k3t_sleep_until(const struct timespec *deadline)
{
    return k3t_wait_again(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, (long) deadline, 0,
                          0, 0);
}

const struct timespec *k3t_until(const struct timespec *deadline)
{
    struct k3thread *self = k3t_self();

    enter_wait();
    self->until = *deadline;
    atomic_signal_fence(memory_order_seq_cst);
    return &self->until;
}

long k3t_until_result(int result, const struct timespec *deadline)
{
    long claim;

    if (result != ETIMEDOUT && result != EINTR)
        return -result;
    claim = k3t_claim();
    if (claim != 0)
        return claim;
    return result == ETIMEDOUT && k3t_has_passed(deadline) ? -ETIMEDOUT : -EINTR;
}
