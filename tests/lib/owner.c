/*
 * Checks that a thread releases only a lock that it holds, in the programs that rules.mk names: there it takes the
 * place of pthread_mutex_unlock(). So a lock that was not taken fails a test, whatever other threads do.
 */
#include "test.h"

#include <pthread.h>

int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

#ifdef __GLIBC__

static pid_t process;

__attribute__((constructor)) static void note_process(void)
{
    process = getpid();
}

/* In a forked child, the thread that has taken the lock had another id. */
static bool is_mine(const pthread_mutex_t *mutex)
{
    return mutex->__data.__owner == gettid() || getpid() != process;
}

#else

static bool is_mine(const pthread_mutex_t *mutex)
{
    (void) mutex;
    return true;
}

#endif

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    CHECK(is_mine(mutex));
    return __real_pthread_mutex_unlock(mutex);
}
