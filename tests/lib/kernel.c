/*
 * Tests the waits that make several system calls, with a kernel of the test's own: it returns what the case says, lets
 * time pass, and notes the calls. So signals, limits and errors come exactly where a case wants them.
 */
#include "test.h"

#include "lib/clock.h"
#include "lib/syscall.h"

#include <linux/futex.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* The linker replaces these functions: see tests/lib/rules.mk. */
int  __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int  __real_clock_gettime(clockid_t clock, struct timespec *ret);
long __wrap_k3t_wait(long number, long a, long b, long c, long d, long e, long f);
long __wrap_k3t_wait_again(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);

/* The kernel's part in one call: the result, and the nanoseconds until then. */
struct step {
    long    result;
    int64_t passes;
};

static bool               is_test; /* the kernel is the test's */
static int64_t            now;
static const struct step *next;
static char               log_text[1024];
static struct timeval     own_limit; /* of the socket */
static int                flags;     /* of the descriptor */
static int                refused,
    refused_limit; /* the errors of getsockopt() and of the first setsockopt(), or 0 */

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    const size_t used = strlen(log_text);
    va_list      arguments;

    va_start(arguments, format);
    (void) vsnprintf(log_text + used, sizeof(log_text) - used, format, arguments);
    va_end(arguments);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    if (!is_test)
        return __real_clock_gettime(clock, ret);
    *ret = (struct timespec){now / K3T_NANOSECONDS, now % K3T_NANOSECONDS};
    return 0;
}

static long do_step(void)
{
    const struct step *step = next++;

    now += step->passes;
    return step->result;
}

static void note_poll(const struct pollfd *poll_fd, long count, const struct timespec *left)
{
    note(" poll:%ld:%d:%s:%ld.%09ld", count, poll_fd->fd, poll_fd->events == POLLIN ? "in" : "out",
         (long) left->tv_sec, left->tv_nsec);
}

/* The calls that end when an exception comes. */
long __wrap_k3t_wait(long number, long a, long b, long c, long d, long e, long f)
{
    switch (number) {
    case SYS_ppoll:
        CHECK(d == 0 && e == 8);
        note_poll((const struct pollfd *) a, b, (const struct timespec *) c);
        break;
    case SYS_read:
    case SYS_write:
        note(" %s:%ld:%ld", number == SYS_read ? "read" : "write", a, c);
        CHECK(b == (long) log_text);
        break;
    case SYS_recvfrom:
    case SYS_sendto:
        note(" %s:%ld:%ld:%ld", number == SYS_recvfrom ? "recv" : "send", a, c, d);
        CHECK(b == (long) log_text && e == 0);
        break;
    case SYS_accept4:
        note(" accept:%ld", a);
        CHECK(b == (long) log_text && c == (long) &flags && d == SOCK_CLOEXEC);
        break;
    case SYS_connect:
        note(" connect:%ld:%ld", a, c);
        CHECK(b == (long) log_text);
        break;
    case SYS_epoll_pwait:
        note(" epoll:%ld:%ld:%ld", a, c, d);
        CHECK(b == (long) log_text && e == 0 && f == 8);
        break;
    default:
        note(" %ld:%ld:%ld:%ld:%ld:%ld:%ld", number, a, b, c, d, e, f);
    }
    return do_step();
}

long __wrap_k3t_wait_again(long number, long a, long b, long c, long d, long e, long f)
{
    const struct timespec *deadline;

    switch (number) {
    case SYS_connect:
        note(" again:%ld:%ld", a, c);
        CHECK(b == (long) log_text);
        break;
    case SYS_wait4:
        note(" wait:%ld:%ld", a, c);
        CHECK(b == (long) &flags && d == 0);
        break;
    case SYS_openat:
        note(" open:%ld:%lo", c, d);
        CHECK(a == AT_FDCWD && b == (long) log_text);
        break;
    case SYS_flock:
        note(" flock:%ld:%ld", a, b);
        break;
    case SYS_futex:
        deadline = (const struct timespec *) d;
        note(" futex:%ld:%ld:%ld.%09ld", b, c, (long) deadline->tv_sec, deadline->tv_nsec);
        CHECK(a == (long) &flags && e == 0 && (uint32_t) f == FUTEX_BITSET_MATCH_ANY);
        break;
    default:
        note(" %ld:%ld:%ld:%ld:%ld:%ld:%ld", number, a, b, c, d, e, f);
    }
    return do_step();
}

static long fail(int error)
{
    errno = error;
    return -1;
}

/* The calls that return at once. */
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    a[6], result;

    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (!is_test)
        return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    switch (number) {
    case SYS_getsockopt:
        CHECK(a[0] == 3 && a[1] == SOL_SOCKET && *(socklen_t *) a[4] == sizeof(own_limit));
        note(" get%s", a[2] == SO_RCVTIMEO ? "" : ":send");
        if (refused != 0)
            return fail(refused);
        *(struct timeval *) a[3] = own_limit;
        return 0;
    case SYS_setsockopt:
        CHECK(a[0] == 3 && a[1] == SOL_SOCKET && a[2] == SO_SNDTIMEO && a[4] == sizeof(own_limit));
        note(" set:%ld.%06ld", (long) ((struct timeval *) a[3])->tv_sec,
             (long) ((struct timeval *) a[3])->tv_usec);
        return refused_limit != 0 ? fail(refused_limit) : 0;
    case SYS_fcntl:
        CHECK(a[0] == 3 && a[1] == F_GETFL);
        note(" flags");
        return flags >= 0 ? flags : fail(EBADF);
    case SYS_pidfd_open:
        note(" pidfd:%ld", a[0]);
        result = do_step();
        return result >= 0 ? result : fail((int) -result);
    default:
        note(" %ld", number);
        return 0;
    }
}

/*
 * Checks what CALL returns, and which calls of the kernel it makes, at 100.8 seconds. The rest are the kernel's
 * results.
 */
#define CHECK_CALL(call, wanted_result, wanted_log, ...)                                           \
    do {                                                                                           \
        static const struct step steps[] = {__VA_ARGS__};                                          \
        long                     got;                                                              \
                                                                                                   \
        next = steps;                                                                              \
        now = 100800000000;                                                                        \
        log_text[0] = '\0';                                                                        \
        errno = 77;                                                                                \
        is_test = true;                                                                            \
        got = (call);                                                                              \
        is_test = false;                                                                           \
        CHECK_EQUAL(errno, 77);                                                                    \
        check_log(__LINE__, wanted_log);                                                           \
        CHECK_EQUAL(got, wanted_result);                                                           \
        CHECK_EQUAL(next - steps, steps[0].passes < 0 ? 0 : sizeof(steps) / sizeof(steps[0]));     \
    } while (0)

static void check_log(int line, const char *wanted)
{
    if (strcmp(log_text, wanted) == 0)
        return;
    fprintf(stderr, "got   %s\nwanted%s\n", log_text, wanted);
    test_fail(__FILE__, line, "other system calls");
}

#define SECOND K3T_NANOSECONDS
#define NONE                                                                                       \
    {                                                                                              \
        0, -1                                                                                      \
    }

static void bytes_move(void)
{
    (void) k3thread_self();
    CHECK_CALL(k3thread_read(3, log_text, 10), 5, " read:3:10", {5, 0});
    CHECK_CALL(k3thread_write(3, log_text, 11), -EPIPE, " write:3:11", {-EPIPE, 0});
    CHECK_CALL(k3thread_recv(3, log_text, 12, MSG_PEEK), 0, " recv:3:12:2", {0, 0});
    CHECK_CALL(k3thread_send(3, log_text, 13, MSG_OOB), 13, " send:3:13:1", {13, 0});
    CHECK_CALL(k3thread_accept(3, (struct sockaddr *) log_text, (socklen_t *) &flags), 9,
               " accept:3", {9, 0});

    /* A signal comes, and the descriptor has no limit, or is no socket. */
    CHECK_CALL(k3thread_read(3, log_text, 10), 7, " read:3:10 get read:3:10 read:3:10", {-EINTR, 0},
               {-EINTR, 0}, {7, 0});
    CHECK_CALL(k3thread_send(3, log_text, 10, 0), -EPIPE, " send:3:10:0 get:send send:3:10:0",
               {-EINTR, 0}, {-EPIPE, 0});
    refused = ENOTSOCK;
    CHECK_CALL(k3thread_read(3, log_text, 10), 7, " read:3:10 get read:3:10", {-EINTR, 0}, {7, 0});
    refused = 0;

    /* The limit counts from the first call. */
    own_limit = (struct timeval){1, 500000};
    CHECK_CALL(k3thread_read(3, log_text, 10), 4,
               " read:3:10 get poll:1:3:in:1.000000000 read:3:10 poll:1:3:in:0.250000000 read:3:10",
               {-EINTR, SECOND / 2}, {1, SECOND / 2}, {-EINTR, SECOND / 4}, {1, 0}, {4, 0});
    CHECK_CALL(k3thread_write(3, log_text, 10), -EAGAIN,
               " write:3:10 get:send poll:1:3:out:1.000000000", {-EINTR, SECOND / 2}, {0, SECOND});
    CHECK_CALL(k3thread_write(3, log_text, 10), -ECANCELED,
               " write:3:10 get:send poll:1:3:out:1.000000000", {-EINTR, SECOND / 2},
               {-ECANCELED, 0});
    own_limit = (struct timeval){0, 200000};
    CHECK_CALL(k3thread_read(3, log_text, 10), -EAGAIN, " read:3:10 get poll:1:3:in:0.200000000",
               {-EINTR, 0}, {0, 0});
    own_limit = (struct timeval){1, 200000};
    CHECK_CALL(k3thread_read(3, log_text, 10), -EAGAIN, " read:3:10 get poll:1:3:in:1.000000000",
               {-EINTR, SECOND / 5}, {0, 0});
    own_limit = (struct timeval){0, 1};
    CHECK_CALL(k3thread_read(3, log_text, 10), -EAGAIN, " read:3:10 get poll:1:3:in:0.000001000",
               {-EINTR, 0}, {0, 0});
    own_limit = (struct timeval){2, 0};
    CHECK_CALL(k3thread_read(3, log_text, 10), -EAGAIN, " read:3:10 get poll:1:3:in:2.000000000",
               {-EINTR, 0}, {0, 0});
    own_limit = (struct timeval){0, 999999};
    CHECK_CALL(k3thread_read(3, log_text, 10), -EAGAIN, " read:3:10 get poll:1:3:in:0.999999000",
               {-EINTR, 0}, {0, 0});
}

/* Calls k3thread_connect() with TIMEOUT. */
static long connect_within(double timeout)
{
    return k3thread_connect(3, (struct sockaddr *) log_text, 16, timeout);
}

static void connections_are_made(void)
{
    (void) k3thread_self();
    own_limit = (struct timeval){0, 0};
    CHECK_CALL(connect_within(-1), 0, " get:send connect:3:16", {0, 0});
    CHECK_CALL(connect_within(-1), -ECONNREFUSED, " get:send connect:3:16", {-ECONNREFUSED, 0});
    CHECK_CALL(connect_within(-1), -EISCONN, " get:send connect:3:16", {-EISCONN, 0});
    CHECK_CALL(connect_within(-1), 0, " get:send connect:3:16 again:3:16", {-EINTR, 0},
               {-EISCONN, 0});
    CHECK_CALL(connect_within(-1), -ETIMEDOUT, " get:send connect:3:16 again:3:16", {-EINTR, 0},
               {-ETIMEDOUT, 0});
    refused = ENOTSOCK;
    CHECK_CALL(connect_within(1), -ENOTSOCK, " get:send", NONE);
    refused = 0;

    /* With a timeout, or a limit of the socket, each call has the rest of it. Then the socket has its own limit. */
    own_limit = (struct timeval){7, 8};
    flags = 0;
    CHECK_CALL(connect_within(2), 0, " get:send set:2.000001 connect:3:16 set:7.000008", {0, 0});
    CHECK_CALL(connect_within(0.9999995), 0, " get:send set:1.000000 connect:3:16 set:7.000008",
               {0, 0});
    CHECK_CALL(connect_within(0), -ETIMEDOUT,
               " get:send set:0.000001 connect:3:16 set:7.000008 flags", {-EINPROGRESS, 1000});
    CHECK_CALL(connect_within(1.25), -ECONNREFUSED,
               " get:send set:1.250001 connect:3:16 set:7.000008", {-ECONNREFUSED, 0});
    CHECK_CALL(connect_within(1), -EISCONN, " get:send set:1.000001 connect:3:16 set:7.000008",
               {-EISCONN, 0});
    CHECK_CALL(connect_within(1), -EALREADY, " get:send set:1.000001 connect:3:16 set:7.000008",
               {-EALREADY, 0});
    CHECK_CALL(connect_within(1), 0,
               " get:send set:1.000001 connect:3:16 set:0.500001 connect:3:16 set:7.000008",
               {-EINTR, SECOND / 2}, {-EISCONN, 0});
    CHECK_CALL(connect_within(1), -ECONNREFUSED,
               " get:send set:1.000001 connect:3:16 set:0.500001 connect:3:16 set:7.000008",
               {-EINTR, SECOND / 2}, {-ECONNREFUSED, 0});
    /* The limit is over in the middle of a tick. */
    CHECK_CALL(connect_within(1), -ETIMEDOUT,
               " get:send set:1.000001 connect:3:16 flags set:0.500001 connect:3:16 flags "
               "set:0.250001 connect:3:16"
               " set:7.000008 flags",
               {-EINPROGRESS, SECOND / 2}, {-EALREADY, SECOND / 4}, {-EALREADY, SECOND});
    CHECK_CALL(
        connect_within(1), -ETIMEDOUT,
        " get:send set:1.000001 connect:3:16 flags set:0.500001 connect:3:16 set:7.000008 flags",
        {-EAGAIN, SECOND / 2}, {-EAGAIN, SECOND});
    CHECK_CALL(connect_within(1), -ETIMEDOUT,
               " get:send set:1.000001 connect:3:16 set:7.000008 flags", {-EINTR, 2 * SECOND});
    /* A socket that does not block returns at once. */
    flags = O_NONBLOCK;
    CHECK_CALL(connect_within(1), -EINPROGRESS,
               " get:send set:1.000001 connect:3:16 flags set:7.000008 flags", {-EINPROGRESS, 0});
    flags = -1;
    CHECK_CALL(connect_within(1), -EINPROGRESS,
               " get:send set:1.000001 connect:3:16 flags set:7.000008 flags", {-EINPROGRESS, 0});
    flags = 0;
    CHECK_CALL(connect_within(-1), -EINPROGRESS, " get:send set:7.000009 connect:3:16 set:7.000008",
               {-EINPROGRESS, 8 * SECOND});
    CHECK_CALL(connect_within(-1), -EAGAIN, " get:send set:7.000009 connect:3:16 set:7.000008",
               {-EAGAIN, 8 * SECOND});
    own_limit = (struct timeval){0, 300000};
    CHECK_CALL(connect_within(-1), -EINPROGRESS, " get:send set:0.300001 connect:3:16 set:0.300000",
               {-EINPROGRESS, SECOND});
    own_limit = (struct timeval){2, 0};
    CHECK_CALL(connect_within(-1), -EINPROGRESS, " get:send set:2.000001 connect:3:16 set:2.000000",
               {-EINPROGRESS, 3 * SECOND});
    own_limit = (struct timeval){0, 0};
    CHECK_CALL(connect_within(0), -ETIMEDOUT,
               " get:send set:0.000001 connect:3:16 set:0.000000 flags", {-EAGAIN, 1000});
    refused_limit = EDOM;
    CHECK_CALL(connect_within(5), -EDOM, " get:send set:5.000001 set:0.000000", NONE);
    refused_limit = 0;
    CHECK_EQUAL(connect_within(NAN), K3THREAD_VALUE_ERROR);
}

static void children_are_awaited(void)
{
    int open;

    (void) k3thread_self();
    CHECK_CALL(k3thread_waitpid(9, &flags), 9, " wait:9:0", {9, 0});
    CHECK_CALL(k3thread_waitpid_timeout(9, &flags, -1), 9, " wait:9:0", {9, 0});
    CHECK_CALL(k3thread_waitpid_timeout(9, &flags, 1), 9, " wait:9:1", {9, 0});
    CHECK_CALL(k3thread_waitpid_timeout(9, &flags, 1), -ECHILD, " wait:9:1", {-ECHILD, 0});
    CHECK_CALL(k3thread_waitpid_timeout(9, &flags, 0), -ESRCH, " wait:9:1 pidfd:9", {0, 0},
               {-ESRCH, 0});
    open = test_count_open();
    CHECK_EQUAL(dup2(STDIN_FILENO, 99), 99);
    CHECK_CALL(k3thread_waitpid_timeout(9, &flags, 1), 9,
               " wait:9:1 pidfd:9 poll:1:99:in:0.750000001 poll:1:99:in:0.500000001 wait:9:0",
               {0, 0}, {99, SECOND / 4}, {-EINTR, SECOND / 4}, {1, 0}, {9, 0});
    CHECK_CALL(k3thread_waitpid_timeout(9, &flags, 1), -ETIMEDOUT,
               " wait:9:1 pidfd:9 poll:1:99:in:1.000000001", {0, 0}, {99, 0}, {0, 0});
    CHECK_CALL(k3thread_waitpid_timeout(9, &flags, 1), -ECANCELED,
               " wait:9:1 pidfd:9 poll:1:99:in:1.000000001", {0, 0}, {99, 0}, {-ECANCELED, 0});
    CHECK_CALL(k3thread_waitpid_timeout(1, &flags, 0), 1, " wait:1:1", {1, 0});
    CHECK_EQUAL(test_count_open(), open); /* each pidfd was closed */
    CHECK_EQUAL(k3thread_waitpid_timeout(0, &flags, 1), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_waitpid_timeout(-1, &flags, 1), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_waitpid_timeout(9, &flags, NAN), K3THREAD_VALUE_ERROR);
}

static long epoll_within(double timeout)
{
    return k3thread_epoll_wait(3, (struct epoll_event *) log_text, 4, timeout);
}

/* The kernel counts the milliseconds of epoll_pwait() in an int. */
static void events_are_awaited(void)
{
    struct pollfd poll_fd = {.fd = 3, .events = POLLIN};

    (void) k3thread_self();
    CHECK_CALL(k3thread_poll(&poll_fd, 1, 0.5), 1, " poll:1:3:in:0.500000001", {1, 0});
    CHECK_CALL(epoll_within(0.25), 2, " epoll:3:4:251", {2, 0});
    CHECK_CALL(epoll_within(0), 0, " epoll:3:4:1", {0, SECOND});
    CHECK_CALL(epoll_within(3), 0, " epoll:3:4:3001 epoll:3:4:2001", {-EINTR, SECOND}, {0, 0});
    CHECK_CALL(epoll_within(3), 0, " epoll:3:4:3001 epoll:3:4:2000", {-EINTR, SECOND + 1}, {0, 0});
    CHECK_CALL(epoll_within(2), -EBADF, " epoll:3:4:2001", {-EBADF, 0});
    CHECK_CALL(epoll_within(-1), 1, " epoll:3:4:2147483647 epoll:3:4:2147483647", {0, 0}, {1, 0});
    CHECK_CALL(epoll_within(2147482), 0, " epoll:3:4:2147483647 epoll:3:4:482001",
               {0, 2147000 * SECOND}, {0, 0});
    CHECK_CALL(epoll_within(2147481.5), 0, " epoll:3:4:2147481501", {0, 0});
    CHECK_EQUAL(epoll_within(NAN), K3THREAD_VALUE_ERROR);
}

static void files_and_words(void)
{
    char temporary[64]; /* the flags of such a file have other numbers on each processor */

    (void) snprintf(temporary, sizeof(temporary), " open:%d:600", O_WRONLY | O_TMPFILE);
    (void) k3thread_self();
    CHECK_CALL(k3thread_open(log_text, O_RDONLY | O_CLOEXEC), 5, " open:524288:0", {5, 0});
    CHECK_CALL(k3thread_open(log_text, O_WRONLY | O_CREAT, 0640), 5, " open:65:640", {5, 0});
    CHECK_CALL(k3thread_open(log_text, O_WRONLY | O_TMPFILE, 0600), 5, temporary, {5, 0});
    CHECK_CALL(k3thread_syscall(999, 1, 2, 3, 4, 5, 6), -EINTR, " 999:1:2:3:4:5:6", {-EINTR, 0});
    CHECK_CALL(k3thread_flock(3, LOCK_EX), 0, " flock:3:2", {0, 0});
    CHECK_CALL(k3thread_futex((uint32_t *) &flags, FUTEX_WAIT, 7, 1), -ETIMEDOUT,
               " futex:9:7:101.800000001", {-ETIMEDOUT, 0});
    CHECK_CALL(k3thread_futex((uint32_t *) &flags, FUTEX_WAIT_PRIVATE, 7, 1), 0,
               " futex:137:7:101.800000001", {0, 0});
    CHECK_EQUAL(k3thread_futex((uint32_t *) &flags, FUTEX_WAIT, 7, NAN), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_futex((uint32_t *) &flags, FUTEX_WAKE, 7, 1), K3THREAD_VALUE_ERROR);
}

TEST_MAIN({"bytes", bytes_move}, {"connections", connections_are_made},
          {"children", children_are_awaited}, {"events", events_are_awaited},
          {"files", files_and_words})
