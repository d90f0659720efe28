#include "gone.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ThreadSanitizer, if the program has it, only knows of joins by the C library. */
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

/* The waits of gone_wait.c are those of a mutex that processes share. musl wakes only such waits so. */
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
 * Threads that wait already sleep on, until the kernel wakes them. A waiter that is not seen here sees
 * the new word.
 */
void k3t_gone_begin(struct k3thread *t)
{
    pthread_mutex_lock(&t->alive);
    if (atomic_load(&t->waiters) != 0)
        __atomic_fetch_or(k3t_gone_word(t), FUTEX_WAITERS, __ATOMIC_SEQ_CST);
}

/* The kernel then leaves the word alone, for it is not the thread's tid. */
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
