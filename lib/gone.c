#include "gone.h"

#include "syscall.h"
#include "wait.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ThreadSanitizer, if the program has it, knows threads that are joined by the C library alone. */
extern void __tsan_acquire(void *address) __attribute__((weak));

/*
 * The mutex as the kernel sees it (robust-futex-ABI): 0 before the thread has begun, then its tid,
 * with FUTEX_WAITERS if others wait; FUTEX_OWNER_DIED when it is gone.
 */
#ifdef __GLIBC__
static unsigned *word_of(const struct k3thread *t)
{
    return (unsigned *) (uintptr_t) &t->alive.__data.__lock;
}
#else /* musl */
static unsigned *word_of(const struct k3thread *t)
{
    return (unsigned *) (uintptr_t) &t->alive + 1;
}
#endif

static void wake_all(struct k3thread *t)
{
    syscall(SYS_futex, word_of(t), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

int k3t_gone_init(struct k3thread *t)
{
    pthread_mutexattr_t attributes;
    int                 error = pthread_mutexattr_init(&attributes);

    if (error != 0)
        return error;
    error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (error == 0)
        error = pthread_mutex_init(&t->alive, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

/*
 * Those that wait already sleep on, until the kernel wakes them. A waiter that is not seen here sees
 * the new word.
 */
void k3t_gone_begin(struct k3thread *t)
{
    pthread_mutex_lock(&t->alive);
    if (atomic_load(&t->waiters) != 0)
        __atomic_fetch_or(word_of(t), FUTEX_WAITERS, __ATOMIC_SEQ_CST);
}

/* The kernel then leaves the word alone, for it is not the thread's tid. */
void k3t_gone_set(struct k3thread *t)
{
    __atomic_store_n(word_of(t), FUTEX_OWNER_DIED, __ATOMIC_SEQ_CST);
    wake_all(t);
}

bool k3t_is_gone(const struct k3thread *t)
{
    const bool gone = (__atomic_load_n(word_of(t), __ATOMIC_ACQUIRE) & FUTEX_OWNER_DIED) != 0;

    if (gone && __tsan_acquire != NULL)
        __tsan_acquire((void *) (uintptr_t) t);
    return gone;
}

/* Has the kernel wake the caller, which is counted, and returns what it is to wait on. */
static unsigned announce(struct k3thread *t)
{
    unsigned *word = word_of(t);
    unsigned  value = __atomic_load_n(word, __ATOMIC_SEQ_CST);

    if (value != 0 && (value & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) == 0 &&
        __atomic_compare_exchange_n(word, &value, value | FUTEX_WAITERS, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        value |= FUTEX_WAITERS;
    return value & ~(unsigned) FUTEX_OWNER_DIED; /* that one is never left: nobody would wake */
}

/* The kernel wakes one of the waiters. The first one that sees it wakes the others. */
static void pass_on(struct k3thread *t)
{
    if ((__atomic_fetch_and(word_of(t), ~FUTEX_WAITERS, __ATOMIC_SEQ_CST) & FUTEX_WAITERS) != 0 &&
        atomic_load(&t->waiters) != 0)
        wake_all(t);
}

long k3t_gone_wait(struct k3thread *t, const struct timespec *deadline)
{
    long result = 0;

    atomic_fetch_add(&t->waiters, 1);
    while (!k3t_is_gone(t) && (result == 0 || result == -EAGAIN || result == -EINTR))
        result = k3t_wait_word(word_of(t), announce(t), deadline);
    atomic_fetch_sub(&t->waiters, 1);
    if (!k3t_is_gone(t))
        return result;
    pass_on(t);
    /* What was claimed is out of the queue: it has to be thrown, also when T is gone by now. */
    return result == K3T_INTERRUPTED ? result : 0;
}

void k3t_gone_wait_only(struct k3thread *t)
{
    atomic_fetch_add(&t->waiters, 1);
    while (!k3t_is_gone(t))
        syscall(SYS_futex, word_of(t), FUTEX_WAIT, announce(t), NULL, NULL, 0);
    atomic_fetch_sub(&t->waiters, 1);
    pass_on(t);
}
