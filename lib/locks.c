/*
 * Interruptible waits for objects of the C library: condition variables, mutexes and semaphores. Such a
 * wait is inside the C library (see k3t_until), which itself finds out whether a signal was consumed, and takes the
 * mutex of a condition again.
 */
#include "deliver.h"
#include "wait.h"
#include "wake.h"
#include "word.h"

#include <errno.h>
#include <math.h>

/* ThreadSanitizer does not know the clocklock and clockwait calls, so it is told of them, if the program has it. */
extern void __tsan_mutex_pre_lock(void *address, unsigned flags) __attribute__((weak));
extern void __tsan_mutex_post_lock(void *address, unsigned flags, int recursion)
    __attribute__((weak));
extern void __tsan_acquire(void *address) __attribute__((weak));
#define TSAN_TRY_LOCK (1U << 4) /* the lock does not count for the order of locks */

/* The longest sleep, in nanoseconds, when a raise may fail to wake it. */
#define BRIEF_SLEEP 20000000L

/*
 * One kind of wait. glibc passes the deadline to the kernel, so that a signal handler which moves the deadline ends
 * the wait at any point. Other C libraries, and glibc before 2.34 for a mutex, turn the deadline into a duration
 * and then sleep. If the handler runs in between, it comes too late, and has to run again: see k3t_until.
 */
struct kind {
    /* Makes one call of the C library; returns 0 or an error number. MUTEX is the mutex of a condition. */
    int (*attempt)(void *object, void *mutex, const struct timespec *until);
    clockid_t (*clock)(const void *object); /* the clock of UNTIL */
    bool copies;                            /* the C library turns the deadline into a duration */
    bool is_cond; /* returns when one sleep ends: between two sleeps it may miss a signal */
};

#ifdef __GLIBC__

#define COPIES       false
#define MUTEX_COPIES (!__GLIBC_PREREQ(2, 34))

static clockid_t clock_of_cond(const void *cond)
{
    (void) cond;
    return CLOCK_MONOTONIC;
}

static clockid_t clock_of_others(const void *object)
{
    (void) object;
    return CLOCK_MONOTONIC;
}

static int cond_sleep(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
    return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, until);
}

/* Does nothing: with glibc, a wait that timed out has consumed no signal. */
static void give_back_signal(pthread_cond_t *cond)
{
    (void) cond;
}

static int mutex_sleep(pthread_mutex_t *mutex, const struct timespec *until)
{
    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, until);
}

static int sem_sleep(sem_t *sem, const struct timespec *until)
{
    return sem_clockwait(sem, CLOCK_MONOTONIC, until);
}

#else /* musl */

#define COPIES       true
#define MUTEX_COPIES true

/* Returns the clock that COND was made for, from the struct of musl. */
static clockid_t clock_of_cond(const void *cond)
{
    return ((const int *) cond)[4];
}

static clockid_t clock_of_others(const void *object)
{
    (void) object;
    return CLOCK_REALTIME;
}

static int cond_sleep(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
    return pthread_cond_timedwait(cond, mutex, until);
}

/*
 * Signals COND, because with musl a wait that timed out may have consumed a signal. At worst another waiter wakes
 * in vain.
 */
static void give_back_signal(pthread_cond_t *cond)
{
    pthread_cond_signal(cond);
}

static int mutex_sleep(pthread_mutex_t *mutex, const struct timespec *until)
{
    return pthread_mutex_timedlock(mutex, until);
}

static int sem_sleep(sem_t *sem, const struct timespec *until)
{
    return sem_timedwait(sem, until);
}

#endif

static int attempt_cond(void *cond, void *mutex, const struct timespec *until)
{
    return cond_sleep(cond, mutex, until);
}

static int attempt_mutex(void *mutex, void *none, const struct timespec *until)
{
    const int result = mutex_sleep(mutex, until);

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
    result = sem_sleep(sem, until) == 0 ? 0 : errno;
    errno = saved_errno;
    if (result == 0 && __tsan_acquire != NULL)
        __tsan_acquire(sem);
    return result;
}

static const struct kind cond_kind = {attempt_cond, clock_of_cond, COPIES, true};
static const struct kind mutex_kind = {attempt_mutex, clock_of_others, MUTEX_COPIES, false};
static const struct kind sem_kind = {attempt_sem, clock_of_others, COPIES, false};

/*
 * Returns the end of a sleep that begins now, on the clock of its KIND. A BRIEF sleep ends after BRIEF_SLEEP, or at
 * DEADLINE.
 */
static struct timespec end_of_sleep(const struct kind *kind, const void *object,
                                    const struct timespec *deadline, bool brief)
{
    const clockid_t clock = kind->clock(object);
    struct timespec end, left;

    if (!brief && clock == CLOCK_MONOTONIC)
        return *deadline;
    left = k3t_time_left(deadline);
    if (brief && (left.tv_sec != 0 || left.tv_nsec > BRIEF_SLEEP))
        left = (struct timespec){0, BRIEF_SLEEP};
    clock_gettime(clock, &end);
    end.tv_sec += left.tv_sec;
    end.tv_nsec += left.tv_nsec;
    if (end.tv_nsec >= K3T_NANOSECONDS) {
        end.tv_sec++;
        end.tv_nsec -= K3T_NANOSECONDS;
    }
    return end;
}

/* Sleeps once, until DEADLINE at most. Returns what k3t_until_result returns. */
static long sleep_once(const struct kind *kind, void *object, void *mutex,
                       const struct timespec *deadline)
{
    const bool             repeated = kind->copies && k3t_wake_make_timer();
    const struct timespec  end = end_of_sleep(kind, object, deadline, kind->copies && !repeated);
    const struct timespec *until = k3t_until(&end, repeated);
    int                    slept;
    long                   result;

    if (k3t_wait_must_end())
        return k3t_until_result(EINTR, deadline);
    slept = kind->attempt(object, mutex, until);
    result = k3t_until_result(slept, deadline);
    if (kind->is_cond && slept == ETIMEDOUT && result != -ETIMEDOUT)
        give_back_signal(object);
    return kind->is_cond && result == -EINTR ? 0 : result;
}

/* Not inlined, because it takes the address of a local variable: see calls.c. */
static __attribute__((noinline)) long wait_for(const struct kind *kind, void *object, void *mutex,
                                               double timeout)
{
    struct timespec deadline;
    long            result;

    if (object == NULL || mutex == NULL)
        return K3THREAD_TYPE_ERROR;
    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    deadline = k3t_deadline(timeout);
    do
        result = sleep_once(kind, object, mutex, &deadline);
    while (result == -EINTR);
    return result;
}

int k3thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, double timeout)
{
    return k3t_finish(wait_for(&cond_kind, cond, mutex, timeout));
}

int k3thread_mutex_lock(pthread_mutex_t *mutex, double timeout)
{
    return k3t_finish(wait_for(&mutex_kind, mutex, mutex, timeout));
}

int k3thread_sem_wait(sem_t *sem, double timeout)
{
    return k3t_finish(wait_for(&sem_kind, sem, sem, timeout));
}
