#include "gone_wait.h"

#include "gone.h"
#include "syscall.h"
#include "wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Returns the value to wait on. Sets FUTEX_WAITERS, so that the end of the thread wakes a waiter; if the thread has
 * not begun, k3t_gone_begin() sets it. The caller has counted itself in t->waiters.
 */
static unsigned announce(struct k3thread *t)
{
    unsigned *word = k3t_gone_word(t);
    unsigned  value = __atomic_load_n(word, __ATOMIC_SEQ_CST);

    if (value != 0 && (value & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) == 0 &&
        __atomic_compare_exchange_n(word, &value, value | FUTEX_WAITERS, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        value |= FUTEX_WAITERS;
    /* A wait for the whole word of a thread that is gone might never end. Without this bit it returns at once. */
    return value & ~(unsigned) FUTEX_OWNER_DIED;
}

/* A bit in the word of a thread that is gone, in place of the tid: the other waiters were woken. */
#define PASSED_ON 1U

/*
 * Wakes the other waiters, if no thread has done so yet: the end of T's thread wakes only one waiter. t->waiters
 * says whether there are others, because FUTEX_WAITERS does not: the kernel leaves it in the word, but musl clears
 * it.
 */
static void pass_on(struct k3thread *t)
{
    if ((__atomic_fetch_or(k3t_gone_word(t), PASSED_ON, __ATOMIC_SEQ_CST) & PASSED_ON) == 0 &&
        atomic_load(&t->waiters) != 0)
        k3t_gone_wake(t);
}

long k3t_gone_wait(struct k3thread *t, const struct timespec *deadline)
{
    long result = 0;

    atomic_fetch_add(&t->waiters, 1);
    while (!k3t_is_gone(t) && (result == 0 || result == -EAGAIN || result == -EINTR))
        result = k3t_wait_word(k3t_gone_word(t), announce(t), deadline);
    atomic_fetch_sub(&t->waiters, 1);
    if (!k3t_is_gone(t))
        return result;
    pass_on(t);
    /* A claimed exception is out of the queue: it has to be thrown, also when T is gone by now. */
    return result == K3T_INTERRUPTED ? result : 0;
}

void k3t_gone_wait_only(struct k3thread *t)
{
    atomic_fetch_add(&t->waiters, 1);
    while (!k3t_is_gone(t))
        syscall(SYS_futex, k3t_gone_word(t), FUTEX_WAIT, announce(t), NULL, NULL, 0);
    atomic_fetch_sub(&t->waiters, 1);
    pass_on(t);
}
