/* The interruptible waits; k3thread_cond_wait and k3thread_join have files of their own. */
#include "wait.h"

#include "delivery.h"
#include "syscall.h"

#include <errno.h>
#include <math.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOREVER     ((time_t) 1 << 40) /* seconds; the kernel takes it, and has room to add to it */
#define NANOSECONDS 1000000000L
#define SIGSET_SIZE 8 /* of the kernel */

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

/* What is left of the time until DEADLINE. */
static struct timespec time_left(const struct timespec *deadline)
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

long k3t_wait(long number, long a, long b, long c, long d, long e, long f)
{
    long result, claim;

    k3t_self();
    k3t_local.waiting = K3T_WAITING;
    result = k3t_syscall(&k3thread_local_.word, number, a, b, c, d, e, f);
    if (k3t_local.waiting == K3T_DEFERRED)
        k3t_wake_unblock();
    k3t_local.waiting = K3T_NOT_WAITING;
    if (result != K3T_INTERRUPTED && result != -EINTR)
        return result;
    claim = k3t_claim();
    return claim != 0 ? claim : -EINTR;
}

/* A call that can just be made again. */
static long wait_again(long number, long a, long b, long c, long d)
{
    long result;

    do
        result = k3t_wait(number, a, b, c, d, 0, 0);
    while (result == -EINTR);
    return result;
}

long k3t_sleep_until(const struct timespec *deadline)
{
    return wait_again(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, (long) deadline, 0);
}

/* Not inlined, as all that have a variable whose address is known: see k3t_finish. */
static __attribute__((noinline)) long wait_for_time(double seconds)
{
    struct timespec deadline;

    if (isnan(seconds))
        return K3THREAD_VALUE_ERROR;
    deadline = k3t_deadline(seconds);
    return k3t_sleep_until(&deadline);
}

static __attribute__((noinline)) long wait_for_events(struct pollfd *fds, nfds_t n, double timeout)
{
    struct timespec deadline, left;
    long            result;

    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    deadline = k3t_deadline(timeout);
    do {
        left = time_left(&deadline);
        result = k3t_wait(SYS_ppoll, (long) fds, (long) n, (long) &left, 0, SIGSET_SIZE, 0);
    } while (result == -EINTR);
    return result;
}

int k3thread_sleep(double seconds)
{
    return k3t_finish(wait_for_time(seconds));
}

int k3thread_poll(struct pollfd *fds, nfds_t n, double timeout)
{
    return k3t_finish(wait_for_events(fds, n, timeout));
}

ssize_t k3thread_read(int fd, void *buffer, size_t size)
{
    return k3t_finish_size(wait_again(SYS_read, fd, (long) buffer, (long) size, 0));
}

ssize_t k3thread_write(int fd, const void *buffer, size_t size)
{
    return k3t_finish_size(wait_again(SYS_write, fd, (long) buffer, (long) size, 0));
}

int k3thread_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return k3t_finish(wait_again(SYS_accept4, fd, (long) address, (long) length, SOCK_CLOEXEC));
}

int k3thread_waitpid(pid_t pid, int *status)
{
    return k3t_finish(wait_again(SYS_wait4, pid, (long) status, 0, 0));
}
