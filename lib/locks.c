/*
 * The interruptible waits for objects of the C library: condition variables, mutexes and semaphores.
 * See k3t_until. The C library itself finds out whether a signal was consumed, and takes the mutex of a
 * condition again.
 */
#include "deliver.h"
#include "wait.h"
#include "word.h"

#include <errno.h>
#include <math.h>

/* ThreadSanitizer, if the program has it, does not know the clocklock and clockwait calls. */
extern void __tsan_mutex_pre_lock(void *address, unsigned flags) __attribute__((weak));
extern void __tsan_mutex_post_lock(void *address, unsigned flags, int recursion)
    __attribute__((weak));
extern void __tsan_acquire(void *address) __attribute__((weak));
#define TSAN_TRY_LOCK (1U << 4) /* it does not count for the order of locks */

/* The seconds of a sleep that cannot be relied on to be woken: see lock_until(). */
#define SHORT_SLEEP 0.02

/* Makes one call of the C library; returns 0 or an error number. MUTEX is that of a condition. */
typedef int c_library_wait(void *object, void *mutex, const struct timespec *until);

static int attempt_cond(void *cond, void *mutex, const struct timespec *until)
{
    return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, until);
}

/*
 * Before 2.34, glibc turns the deadline of a mutex into a duration and then sleeps, so that a handler that
 * moves the deadline in between comes too late. There each sleep ends soon, and the caller looks again.
 */
static int lock_until(pthread_mutex_t *mutex, const struct timespec *until)
{
#if !__GLIBC_PREREQ(2, 34)
    const struct timespec soon = k3t_deadline(SHORT_SLEEP);

    if (until->tv_sec > soon.tv_sec ||
        (until->tv_sec == soon.tv_sec && until->tv_nsec > soon.tv_nsec))
        until = &soon;
#endif
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, until);
}

static int attempt_mutex(void *mutex, void *none, const struct timespec *until)
{
    const int result = lock_until(mutex, until);

    (void) none;
    if (result == 0 && __tsan_mutex_post_lock != NULL) {
        __tsan_mutex_pre_lock(mutex, TSAN_TRY_LOCK);
        __tsan_mutex_post_lock(mutex, TSAN_TRY_LOCK, 0);
    }
    return result;
}

static int attempt_sem(void *sem, void *none, const struct timespec *until)
{
    const int saved_errno = errno;
    int       result;

    (void) none;
    result = sem_clockwait(sem, CLOCK_MONOTONIC, until) == 0 ? 0 : errno;
    errno = saved_errno;
    if (result == 0 && __tsan_acquire != NULL)
        __tsan_acquire(sem);
    return result;
}

/* Not inlined, for it takes the address of a local variable: see calls.c. */
static __attribute__((noinline)) long wait_for(c_library_wait *attempt, void *object, void *mutex,
                                               double timeout)
{
    const struct timespec *until;
    struct timespec        deadline;
    long                   result;

    if (object == NULL || mutex == NULL)
        return K3THREAD_TYPE_ERROR;
    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    deadline = k3t_deadline(timeout);
    do {
        until = k3t_until(&deadline);
        result = k3t_until_result(k3t_wait_must_end() ? EINTR : attempt(object, mutex, until),
                                  &deadline);
    } while (result == -EINTR);
    return result;
}

int k3thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, double timeout)
{
    return k3t_finish(wait_for(attempt_cond, cond, mutex, timeout));
}

int k3thread_mutex_lock(pthread_mutex_t *mutex, double timeout)
{
    return k3t_finish(wait_for(attempt_mutex, mutex, mutex, timeout));
}

int k3thread_sem_wait(sem_t *sem, double timeout)
{
    return k3t_finish(wait_for(attempt_sem, sem, sem, timeout));
}
