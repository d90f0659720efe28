/*
 * Interruptible waits that move bytes or make connections.
 *
 * A socket may have a time limit of its own, SO_RCVTIMEO or SO_SNDTIMEO, which the kernel begins anew at each call.
 * So a call that a signal has interrupted is made again only when it will not block, and only within the rest of
 * the limit, which counts from the first call.
 */
#include "clock.h"
#include "deliver.h"
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One direction of transfer: the option that has its time limit, and the event that ends its wait. */
struct direction {
    int   option;
    short event;
};

static const struct direction receiving = {SO_RCVTIMEO, POLLIN};
static const struct direction sending = {SO_SNDTIMEO, POLLOUT};

/* Finds the end of the time limit of FD, which began at START. Returns false if FD has no limit, or is no socket. */
static bool find_limit(int fd, const struct direction *direction, const struct timespec *start,
                       struct timespec *ret)
{
    struct timeval limit;
    socklen_t      size = sizeof(limit);

    if (syscall(SYS_getsockopt, fd, SOL_SOCKET, direction->option, &limit, &size) != 0 ||
        (limit.tv_sec == 0 && limit.tv_usec == 0))
        return false;
    ret->tv_sec = start->tv_sec + limit.tv_sec;
    ret->tv_nsec = start->tv_nsec + limit.tv_usec * 1000;
    if (ret->tv_nsec >= K3T_NANOSECONDS) {
        ret->tv_sec++;
        ret->tv_nsec -= K3T_NANOSECONDS;
    }
    return true;
}

/* Makes the call NUMBER again, which a signal has interrupted, when it will not block. */
static __attribute__((noinline)) long go_on(const struct direction *direction,
                                            const struct timespec *start, long number, long fd,
                                            long b, long c, long d, long e, long f)
{
    const int       saved_errno = errno;
    struct pollfd   pollfd = {.fd = (int) fd, .events = direction->event};
    struct timespec deadline;
    const bool      limited = find_limit((int) fd, direction, start, &deadline);
    long            result;

    errno = saved_errno;
    do {
        result = limited ? k3t_poll_until(&pollfd, 1, &deadline) : 1;
        if (result == 0)
            return -EAGAIN;
        if (result > 0)
            result = k3t_wait(number, fd, b, c, d, e, f);
    } while (result == -EINTR);
    return result;
}

/*
 * Makes the call NUMBER, whatever signals come. The coarse clock costs next to nothing, and the limits of the
 * kernel are no finer.
 */
static __attribute__((noinline)) long wait_for_io(const struct direction *direction, long number,
                                                  long fd, long b, long c, long d, long e, long f)
{
    struct timespec start;
    long            result;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &start);
    result = k3t_wait(number, fd, b, c, d, e, f);
    return result == -EINTR ? go_on(direction, &start, number, fd, b, c, d, e, f) : result;
}

ssize_t k3thread_read(int fd, void *buffer, size_t size)
{
    return k3t_finish_size(
        wait_for_io(&receiving, SYS_read, fd, (long) buffer, (long) size, 0, 0, 0));
}

ssize_t k3thread_write(int fd, const void *buffer, size_t size)
{
    return k3t_finish_size(
        wait_for_io(&sending, SYS_write, fd, (long) buffer, (long) size, 0, 0, 0));
}

ssize_t k3thread_recv(int fd, void *buffer, size_t size, int flags)
{
    return k3t_finish_size(
        wait_for_io(&receiving, SYS_recvfrom, fd, (long) buffer, (long) size, flags, 0, 0));
}

ssize_t k3thread_send(int fd, const void *buffer, size_t size, int flags)
{
    return k3t_finish_size(
        wait_for_io(&sending, SYS_sendto, fd, (long) buffer, (long) size, flags, 0, 0));
}

int k3thread_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return k3t_finish(wait_for_io(&receiving, SYS_accept4, fd, (long) address, (long) length,
                                  SOCK_CLOEXEC, 0, 0));
}

/* Returns LEFT, rounded up, as a time limit of a socket. The result is never 0, which would mean no limit. */
static struct timeval as_limit(const struct timespec *left)
{
    const long microseconds = left->tv_nsec / 1000 + 1;

    return (struct timeval){left->tv_sec + microseconds / 1000000, microseconds % 1000000};
}

static bool blocks(int fd)
{
    const long flags = syscall(SYS_fcntl, fd, F_GETFL);

    return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

/*
 * Returns true if the kernel has ended the call before DEADLINE: the kernel counts in ticks, and takes the last
 * tick as over when a signal comes during it.
 */
static bool is_early(long result, const struct timespec *deadline)
{
    return (result == -EINPROGRESS || result == -EAGAIN) && !k3t_has_passed(deadline);
}

/*
 * Connects, with the time that is left as the socket's own limit. If a signal interrupts the call, the attempt goes
 * on. A further call waits for the attempt. It fails with EISCONN if the attempt has succeeded in between, and with
 * EALREADY where a first call fails with EINPROGRESS.
 */
static long connect_until(int fd, const struct sockaddr *address, socklen_t length,
                          const struct timespec *deadline)
{
    bool again = false;
    long result;

    do {
        const struct timespec left = k3t_time_left(deadline);
        const struct timeval  limit = as_limit(&left);

        if (syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0)
            return -errno;
        result = k3t_wait(SYS_connect, fd, (long) address, length, 0, 0, 0);
        if (again && result == -EISCONN)
            result = 0;
        if (again && result == -EALREADY)
            result = -EINPROGRESS;
        /* The kernel rounds the limit up to a tick. Signals that come more often would make the call endless. */
        if (result == -EINTR && k3t_has_passed(deadline))
            result = -EINPROGRESS;
        again = true;
    } while (result == -EINTR || (is_early(result, deadline) && blocks(fd)));
    return result;
}

/* Connects without a limit. */
static long connect_unlimited(int fd, const struct sockaddr *address, socklen_t length)
{
    long result = k3t_wait(SYS_connect, fd, (long) address, length, 0, 0, 0);

    if (result != -EINTR)
        return result;
    result = k3t_wait_again(SYS_connect, fd, (long) address, length, 0, 0, 0);
    return result == -EISCONN ? 0 : result;
}

/*
 * Connects within TIMEOUT. If TIMEOUT is negative, the socket's own limit holds. The socket then has its own limit
 * again.
 */
static __attribute__((noinline)) long wait_for_connection(int fd, const struct sockaddr *address,
                                                          socklen_t length, double timeout)
{
    const int       saved_errno = errno;
    struct timeval  limit;
    socklen_t       size = sizeof(limit);
    struct timespec deadline;
    long            result;

    if (isnan(timeout))
        return K3THREAD_VALUE_ERROR;
    if (syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &size) != 0) {
        result = -errno;
    } else if (timeout < 0 && limit.tv_sec == 0 && limit.tv_usec == 0) {
        result = connect_unlimited(fd, address, length);
    } else {
        deadline = k3t_deadline(
            timeout >= 0 ? timeout : (double) limit.tv_sec + (double) limit.tv_usec / 1e6);
        result = connect_until(fd, address, length, &deadline);
        syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &limit, size);
        if (timeout >= 0 && (result == -EINPROGRESS || result == -EAGAIN) && blocks(fd))
            result = -ETIMEDOUT;
    }
    errno = saved_errno;
    return result;
}

int k3thread_connect(int fd, const struct sockaddr *address, socklen_t length, double timeout)
{
    return k3t_finish(wait_for_connection(fd, address, length, timeout));
}
