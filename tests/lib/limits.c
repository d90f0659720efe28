/*
 * Tests how the waits at sockets reckon with time limits (lib/sockets.c). The clock stands still, and no call waits:
 * the case notes what the kernel was asked for.
 */
#include "test.h"

#include "lib/wait.h"

#include <poll.h>

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct timespec now;
static struct timeval  first_set;     /* the first limit that a connection has set; zeroed: none */
static struct timespec left;          /* what the last poll had left */
static struct pollfd   polled;        /* what it was for */
static long            polled_count;  /* of descriptors; 0: there was no poll */
static long            interruptions; /* of the next calls */
static long            results[4];    /* of the calls that connect, in order */
static size_t          result_count;  /* how many there were */
static time_t          step;          /* the seconds that each of them takes */

/* The linker replaces these functions by the ones of this file: see tests/lib/rules.mk. */
int  __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_k3t_wait(long number, long a, long b, long c, long d, long e, long f);
long __wrap_k3t_wait_again(long number, long a, long b, long c, long d, long e, long f);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    (void) clock;
    *ret = now;
    return 0;
}

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    a[6];

    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_setsockopt && first_set.tv_sec == 0 && first_set.tv_usec == 0)
        memcpy(&first_set, (void *) a[3], sizeof(first_set));
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long __wrap_k3t_wait(long number, long a, long b, long c, long d, long e, long f)
{
    (void) d;
    (void) e;
    (void) f;
    if (number == SYS_ppoll) {
        memcpy(&polled, (void *) a, sizeof(polled));
        polled_count = b;
        memcpy(&left, (void *) c, sizeof(left));
        return 0;
    }
    if (interruptions > 0) {
        interruptions--;
        return -EINTR;
    }
    if (number != SYS_connect)
        return 5;
    now.tv_sec += step;
    CHECK(result_count < 4);
    return results[result_count++];
}

long __wrap_k3t_wait_again(long number, long a, long b, long c, long d, long e, long f)
{
    return __wrap_k3t_wait(number, a, b, c, d, e, f);
}

static void set_limit(int fd, int option, time_t seconds, long microseconds)
{
    const struct timeval limit = {seconds, microseconds};

    CHECK_EQUAL(setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit)), 0);
}

/* Checks that the wait of FD for EVENT had SECONDS and NANOSECONDS left after its interruption. */
static void check_polled(int fd, short event, time_t seconds, long nanoseconds)
{
    CHECK_EQUAL(polled_count, 1);
    CHECK(polled.fd == fd && polled.events == event);
    CHECK_EQUAL(left.tv_sec, seconds);
    CHECK_EQUAL(left.tv_nsec, nanoseconds);
    CHECK_EQUAL(errno, 77);
    polled_count = 0;
}

static void an_interrupted_wait_keeps_its_limit(void)
{
    char byte = 'x';
    int  ends[2], pipes[2];

    (void) k3thread_self();
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    CHECK_EQUAL(pipe2(pipes, O_CLOEXEC), 0);
    now = (struct timespec){10, 900000000};
    errno = 77;
    set_limit(ends[0], SO_RCVTIMEO, 3, 200000);
    interruptions = 1;
    CHECK_EQUAL(k3thread_recv(ends[0], &byte, 1, 0), -EAGAIN);
    check_polled(ends[0], POLLIN, 3, 200000000);
    set_limit(ends[0], SO_RCVTIMEO, 3, 100000); /* until a whole second */
    interruptions = 1;
    CHECK_EQUAL(k3thread_read(ends[0], &byte, 1), -EAGAIN);
    check_polled(ends[0], POLLIN, 3, 100000000);
    set_limit(ends[1], SO_SNDTIMEO, 1, 0);
    interruptions = 1;
    CHECK_EQUAL(k3thread_send(ends[1], &byte, 1, 0), -EAGAIN);
    check_polled(ends[1], POLLOUT, 1, 0);
    interruptions = 3; /* there is no limit, or no socket: the call is made again */
    CHECK_EQUAL(k3thread_recv(ends[1], &byte, 1, 0), 5);
    interruptions = 1;
    CHECK_EQUAL(k3thread_read(pipes[0], &byte, 1), 5);
    CHECK(polled_count == 0 && errno == 77);
}

static void a_connection_has_the_time_that_is_left(void)
{
    struct timeval own;
    socklen_t      size = sizeof(own);
    int            fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void) k3thread_self();
    now = (struct timespec){10, 500000000};
    set_limit(fd, SO_SNDTIMEO, 7, 500000);
    errno = 77;
    result_count = 0;
    CHECK_EQUAL(k3thread_connect(fd, NULL, 0, 2.25), 0);
    CHECK_EQUAL(errno, 77);
    CHECK(first_set.tv_sec == 2 && first_set.tv_usec == 250001); /* rounded up */
    CHECK_EQUAL(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &own, &size), 0);
    CHECK(own.tv_sec == 7 && own.tv_usec == 500000); /* it has its own again */
    first_set = (struct timeval){0};
    result_count = 0;
    CHECK_EQUAL(k3thread_connect(fd, NULL, 0, 0.9999999), 0);
    CHECK(first_set.tv_sec == 1 && first_set.tv_usec == 0);
    first_set = (struct timeval){0};
    result_count = 0;
    CHECK_EQUAL(k3thread_connect(fd, NULL, 0, -1), 0);
    CHECK(first_set.tv_sec == 7 && first_set.tv_usec == 500001);
}

static void each_result_of_a_connection_has_its_meaning(void)
{
    static const struct {
        double timeout;
        long   results[4];
        size_t calls;
        time_t step;
        bool   is_blocking;
        long   wanted;
    } table[] = {{9, {0}, 1, 0, true, 0},
                 {9, {0}, 1, 10, true, 0}, /* in the last moment */
                 {9, {-EISCONN}, 1, 0, true, -EISCONN},
                 {9, {-EALREADY}, 1, 0, true, -EALREADY},
                 {9, {-EINTR, -EISCONN}, 2, 0, true, 0},
                 {9, {-EINTR, -EALREADY, 0}, 3, 0, true, 0},
                 {9, {-EINTR, -EALREADY}, 2, 5, true, -ETIMEDOUT},
                 {9, {-EINTR, -EINTR}, 2, 5, true, -ETIMEDOUT},
                 {9, {-EINPROGRESS, 0}, 2, 0, true, 0}, /* the kernel has ended it a tick early */
                 {9, {-EINPROGRESS}, 1, 10, true, -ETIMEDOUT},
                 {9, {-EAGAIN}, 1, 10, true, -ETIMEDOUT},
                 {9, {-EINPROGRESS}, 1, 0, false, -EINPROGRESS},
                 {9, {-EAGAIN}, 1, 9, false, -EAGAIN},
                 {9, {-ECONNREFUSED}, 1, 0, true, -ECONNREFUSED},
                 {0, {-EINPROGRESS}, 1, 1, true, -ETIMEDOUT},
                 {-1, {0}, 1, 0, true, 0},
                 {-1, {-EINTR, -EISCONN}, 2, 0, true, 0},
                 {-1, {-EINTR, -ECONNREFUSED}, 2, 0, true, -ECONNREFUSED},
                 {-1, {-EISCONN}, 1, 0, true, -EISCONN}};
    int fds[] = {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                 socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    (void) k3thread_self();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        now = (struct timespec){10, 0};
        memcpy(results, table[i].results, sizeof(results));
        result_count = 0;
        step = table[i].step;
        first_set = (struct timeval){0};
        CHECK_EQUAL(k3thread_connect(fds[table[i].is_blocking], NULL, 0, table[i].timeout),
                    table[i].wanted);
        CHECK_EQUAL(result_count, table[i].calls);
        CHECK_EQUAL(first_set.tv_usec, table[i].timeout >= 0); /* no limit without a timeout */
    }
    CHECK_EQUAL(k3thread_connect(-1, NULL, 0, 1), -EBADF);
    set_limit(fds[1], SO_SNDTIMEO, 7, 0); /* which a timeout of 0 is not */
    results[0] = -EINPROGRESS;
    result_count = 0;
    step = 1;
    CHECK_EQUAL(k3thread_connect(fds[1], NULL, 0, 0), -ETIMEDOUT);
}

TEST_MAIN({"interrupted", an_interrupted_wait_keeps_its_limit},
          {"connection", a_connection_has_the_time_that_is_left},
          {"results", each_result_of_a_connection_has_its_meaning})
