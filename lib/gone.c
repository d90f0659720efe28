#include "gone.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Tells ThreadSanitizer of the end of a thread, because by itself it knows only of joins by the C library. NULL in
 * a program without ThreadSanitizer.
 */
extern void __tsan_acquire(void *address) __attribute__((weak));

#ifdef __GLIBC__
unsigned *k3t_gone_word(const struct k3thread *t)
{
    return (unsigned *) (uintptr_t) &t->alive.__data.__lock;
}
#else /* musl */
unsigned *k3t_gone_word(const struct k3thread *t)
{
    return (unsigned *) (uintptr_t) &t->alive + 1;
}
#endif

void k3t_gone_wake(const struct k3thread *t)
{
    syscall(SYS_futex, k3t_gone_word(t), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/*
 * Makes a mutex that processes may share. The waits of gone_wait.c have no FUTEX_PRIVATE_FLAG. The kernel wakes
 * such waits for every robust mutex, but musl only for one that processes may share.
 */
int k3t_gone_init(struct k3thread *t)
{
    pthread_mutexattr_t attributes;
    int                 error = pthread_mutexattr_init(&attributes);

    if (error != 0)
        return error;
    error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (error == 0)
        error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (error == 0)
        error = pthread_mutex_init(&t->alive, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

/*
 * A waiter that sleeps already sleeps on the value 0, and the new value does not wake it. FUTEX_WAITERS has it
 * woken when T is gone. A waiter that has not counted itself in t->waiters yet will find the new value.
 */
void k3t_gone_begin(struct k3thread *t)
{
    pthread_mutex_lock(&t->alive);
    if (atomic_load(&t->waiters) != 0)
        __atomic_fetch_or(k3t_gone_word(t), FUTEX_WAITERS, __ATOMIC_SEQ_CST);
}

/* The word then has no tid, so the kernel leaves it alone when the thread ends. musl stores FUTEX_OWNER_DIED again. */
void k3t_gone_set(struct k3thread *t)
{
    __atomic_store_n(k3t_gone_word(t), FUTEX_OWNER_DIED, __ATOMIC_SEQ_CST);
    k3t_gone_wake(t);
}

bool k3t_is_gone(const struct k3thread *t)
{
    const bool gone = (__atomic_load_n(k3t_gone_word(t), __ATOMIC_ACQUIRE) & FUTEX_OWNER_DIED) != 0;

    if (gone && __tsan_acquire != NULL)
        __tsan_acquire((void *) (uintptr_t) t);
    return gone;
}

bool k3thread_is_alive(const k3thread *t)
{
    return !k3t_has_ended(t) && !(t->foreign && k3t_is_gone(t));
}
