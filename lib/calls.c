/* Interruptible waits that are one system call. sockets.c has those that move bytes or make connections. */
#include "deliver.h"
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <math.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A function below that takes the address of a local variable is not inlined into its public function: with such a
 * variable the compiler could not make the last call, k3t_finish, a jump.
 */

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
    struct timespec deadline;

    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    deadline = k3t_deadline(timeout);
    return k3t_poll_until(fds, n, &deadline);
}

int k3thread_sleep(double seconds)
{
    return k3t_finish(wait_for_time(seconds));
}

int k3thread_poll(struct pollfd *fds, nfds_t n, double timeout)
{
    return k3t_finish(wait_for_events(fds, n, timeout));
}

/* Waits for events of an epoll. The kernel takes milliseconds in an int, so a longer time takes several calls. */
static __attribute__((noinline)) long wait_for_epoll(int fd, struct epoll_event *events, int size,
                                                     double timeout)
{
    struct timespec deadline, left;
    long            milliseconds, result;

    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    deadline = k3t_deadline(timeout);
    do {
        left = k3t_time_left(&deadline);
        milliseconds = left.tv_sec < INT_MAX / 1000 - 1
                           ? left.tv_sec * 1000 + (left.tv_nsec + 999999) / 1000000
                           : INT_MAX;
        result =
            k3t_wait(SYS_epoll_pwait, fd, (long) events, size, milliseconds, 0, K3T_SIGSET_SIZE);
    } while (result == -EINTR || (result == 0 && milliseconds == INT_MAX));
    return result;
}

int k3thread_epoll_wait(int fd, struct epoll_event *events, int size, double timeout)
{
    return k3t_finish(wait_for_epoll(fd, events, size, timeout));
}

int k3thread_waitpid(pid_t pid, int *status)
{
    return k3t_finish(k3t_wait_again(SYS_wait4, pid, (long) status, 0, 0, 0, 0));
}

/* Waits until child PID has ended, which makes its pidfd readable. */
static long wait_for_end(pid_t pid, const struct timespec *deadline)
{
    const int     saved_errno = errno;
    struct pollfd pollfd = {.fd = (int) syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    long          result = pollfd.fd < 0 ? -errno : 0;

    if (result == 0) {
        result = k3t_poll_until(&pollfd, 1, deadline);
        close(pollfd.fd);
        if (result == 0)
            result = -ETIMEDOUT;
    }
    errno = saved_errno;
    return result;
}

/* Waits for one child. Asks for its status first, because a pidfd would also wait for a process that is no child. */
static __attribute__((noinline)) long wait_for_child(pid_t pid, int *status, double timeout)
{
    struct timespec deadline;
    long            result;

    if (isnan(timeout) || pid <= 0)
        return K3THREAD_VALUE_ERROR;
    if (timeout < 0)
        return k3t_wait_again(SYS_wait4, pid, (long) status, 0, 0, 0, 0);
    deadline = k3t_deadline(timeout);
    result = k3t_wait_again(SYS_wait4, pid, (long) status, WNOHANG, 0, 0, 0);
    if (result != 0)
        return result;
    result = wait_for_end(pid, &deadline);
    return result < 0 ? result : k3t_wait_again(SYS_wait4, pid, (long) status, 0, 0, 0, 0);
}

int k3thread_waitpid_timeout(pid_t pid, int *status, double timeout)
{
    return k3t_finish(wait_for_child(pid, status, timeout));
}

int k3thread_open(const char *path, int flags, ...)
{
    mode_t  mode = 0;
    va_list arguments;

    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return k3t_finish(k3t_wait_again(SYS_openat, AT_FDCWD, (long) path, flags, mode, 0, 0));
}

int k3thread_flock(int fd, int operation)
{
    return k3t_finish(k3t_wait_again(SYS_flock, fd, operation, 0, 0, 0, 0));
}

static __attribute__((noinline)) long wait_for_futex(const uint32_t *word, int operation,
                                                     uint32_t value, double timeout)
{
    struct timespec deadline;

    if (word == NULL)
        return K3THREAD_TYPE_ERROR;
    if (isnan(timeout) || (operation & ~FUTEX_PRIVATE_FLAG) != FUTEX_WAIT)
        return K3THREAD_VALUE_ERROR;
    deadline = k3t_deadline(timeout);
    return k3t_wait_again(SYS_futex, (long) word,
                          FUTEX_WAIT_BITSET | (operation & FUTEX_PRIVATE_FLAG), value,
                          (long) &deadline, 0, (long) FUTEX_BITSET_MATCH_ANY);
}

int k3thread_futex(const uint32_t *word, int operation, uint32_t value, double timeout)
{
    return k3t_finish(wait_for_futex(word, operation, value, timeout));
}

/* Returns -EINTR to the caller, because only the caller knows whether the call may be made again. */
long k3thread_syscall(long number, ...)
{
    va_list arguments;
    long    a[6];

    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    return k3t_finish_size(k3t_wait(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}
