/*
 * Tests the event loop alone, its background, and the source that wraps signals. The clock of the loop is the test's
 * own: a wait without an event takes no time, and moves the clock by as much as the loop wanted to wait.
 */
#include "tests/lib/test.h"

#include "cli/base/background_close.h"
#include "cli/base/loop.h"
#include "cli/base/loop_signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define LENGTH 16

static double now = 100;
static int    waits[LENGTH]; /* the waits without an event, in milliseconds */
static size_t wait_count;
static size_t last_wait;     /* the loop ends after so many of them */
static int    controls;      /* calls of epoll_ctl() */
static int    woken_at = -1; /* an eventfd, to which a wait without an end writes */
static int    failures[2];   /* errors of the next calls of epoll_wait(); 0: none */
static int    refusals[3];   /* errors of the next calls of accept4() */
static bool   stop;
static double nexts[LENGTH]; /* what after() returns, one after the other */
static size_t next_count;
static int    idle_count;

/* The linker replaces these functions by the ones of this file: see the Makefile. */
int     __real_epoll_wait(int fd, struct epoll_event *events, int size, int timeout);
int     __wrap_epoll_wait(int fd, struct epoll_event *events, int size, int timeout);
int     __real_epoll_ctl(int fd, int operation, int other, struct epoll_event *event);
int     __wrap_epoll_ctl(int fd, int operation, int other, struct epoll_event *event);
int     __real_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int     __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
double  __wrap_clock_monotonic(void);

double __wrap_clock_monotonic(void)
{
    return now;
}

int __wrap_epoll_ctl(int fd, int operation, int other, struct epoll_event *event)
{
    controls++;
    return __real_epoll_ctl(fd, operation, other, event);
}

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    if (refusals[0] == 0)
        return __real_accept4(fd, address, length, flags);
    errno = refusals[0];
    refusals[0] = refusals[1];
    refusals[1] = refusals[2];
    return -1;
}

static bool lacks_sockets;

int __real_socketpair(int domain, int type, int protocol, int *ends);
int __wrap_socketpair(int domain, int type, int protocol, int *ends);
int __wrap_socketpair(int domain, int type, int protocol, int *ends)
{
    return lacks_sockets ? -1 : __real_socketpair(domain, type, protocol, ends);
}

static ino_t inode_of(int fd)
{
    struct stat info;

    CHECK_EQUAL(fstat(fd, &info), 0);
    return info.st_ino;
}

static ino_t sent; /* the file in the last message; 0: none was sent */
static ino_t sender,
    last_closed; /* the socket that sent it, and the file of the last descriptor that was closed */

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    struct stat info;

    last_closed = fstat(fd, &info) == 0 ? info.st_ino : 0;
    return __real_close(fd);
}

/* Looks into the queue where the message is: it holds one descriptor of the test's, and its own end. */
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    union {
        char           bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr header;
    } control;
    char          byte;
    struct iovec  data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr got = {.msg_iov = &data,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control.bytes)};
    int           given[2], queued[2];

    memcpy(given, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof(given));
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(__real_sendmsg(fd, message, flags), 1);
    CHECK_EQUAL(recvmsg(given[1], &got, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC), 1);
    CHECK_EQUAL(got.msg_controllen, sizeof(control.bytes));
    memcpy(queued, CMSG_DATA(&control.header), sizeof(queued));
    sender = inode_of(fd);
    sent = inode_of(queued[0]);
    CHECK_EQUAL(inode_of(queued[1]), inode_of(given[1]));
    close(queued[0]);
    close(queued[1]);
    return 1;
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int size, int timeout)
{
    int found = __real_epoll_wait(fd, events, size, 0);

    if (failures[0] != 0) {
        errno = failures[0];
        failures[0] = failures[1];
        return -1;
    }
    if (found != 0)
        return found;
    CHECK(wait_count < LENGTH);
    waits[wait_count++] = timeout;
    stop = wait_count == last_wait;
    if (timeout >= 0)
        now += timeout / 1000.0;
    else if (woken_at >= 0)
        CHECK_EQUAL(eventfd_write(woken_at, 1), 0);
    return timeout < 0 ? __real_epoll_wait(fd, events, size, 0) : 0;
}

static double after(void)
{
    return nexts[next_count < LENGTH - 1 ? next_count++ : next_count];
}

static void idle(void)
{
    idle_count++;
}

/* Runs the loop until its COUNT-th wait without an event. */
static void run(size_t count, void (*when_idle)(void))
{
    wait_count = next_count = 0;
    last_wait = count;
    stop = false;
    CHECK_EQUAL(loop_run(&stop, after, when_idle), 0);
}

static void check_waits(const int *wanted, size_t count)
{
    CHECK_EQUAL(wait_count, count);
    for (size_t i = 0; i < count; i++)
        CHECK_EQUAL(waits[i], wanted[i]);
}

#define CHECK_WAITS(...)                                                                           \
    check_waits((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* A source, and how often its function was called. */
struct counted {
    struct source  source;
    unsigned       calls;
    struct source *closes; /* the function closes this source */
    bool           rests;  /* the function lets the source rest */
};

static void count_call(struct source *source, uint32_t events)
{
    struct counted *counted = LOOP_OWNER(source, struct counted, source);

    (void) events;
    counted->calls++;
    if (counted->closes != NULL)
        loop_close(counted->closes);
    if (counted->rests) {
        loop_rest(source);
        loop_rest(source); /* once is enough */
    } else if (source->fd >= 0)
        (void) eventfd_read(source->fd, &(eventfd_t){0});
}

/* Adds COUNTED with a new eventfd, which is readable at once if VALUE is not 0. */
static void add(struct counted *counted, unsigned value)
{
    *counted = (struct counted){
        {.fd = eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK), .ready = count_call}, .calls = 0};
    CHECK(counted->source.fd >= 0);
    CHECK_EQUAL(loop_add(&counted->source, EPOLLIN), 0);
}

static void the_loop_waits_as_long_as_it_should(void)
{
    static const double wanted[] = {0, 0.0004, 0.001, 0.25, 1, 1e6, 1e6 + 1, -1};

    CHECK_EQUAL(loop_open(), 0);
    memcpy(nexts, wanted, sizeof(wanted));
    run(8, NULL);
    CHECK_WAITS(0, 1, 2, 251, 1001, 1000000001, 1000000000, -1); /* rounded up */
    stop = true;
    CHECK_EQUAL(loop_run(&stop, after, NULL), 0);
    CHECK_EQUAL(wait_count, 8);
}

static void the_loop_becomes_idle_once(void)
{
    struct counted counted;

    CHECK_EQUAL(loop_open(), 0);
    add(&counted, 0);
    nexts[0] = 0;   /* there is work left */
    nexts[1] = 0.5; /* too soon */
    nexts[2] = 1;
    nexts[3] = 3; /* idle after one of these seconds */
    nexts[4] = 4;
    woken_at =
        counted.source.fd; /* in a wait without an end an event comes, and ends the idle time */
    for (size_t i = 5; i < LENGTH; i++)
        nexts[i] = -1;
    run(11, idle);
    CHECK_WAITS(0, 501, 1001, 1001, 2001, 4001, -1, 1001, -1, 1001, -1);
    CHECK_EQUAL(idle_count, 3);
    CHECK_EQUAL(counted.calls, 3);
}

static void sources_are_served(void)
{
    struct counted first, second, third;

    CHECK_EQUAL(loop_open(), 0);
    add(&first, 1);
    add(&second, 0);
    nexts[0] = 0;
    run(1, NULL);
    CHECK(first.calls == 1 && second.calls == 0);
    controls = 0;
    CHECK_EQUAL(loop_change(&first.source, EPOLLIN), 0);
    CHECK_EQUAL(controls, 0); /* the same events: no call */
    CHECK_EQUAL(loop_change(&first.source, 0), 0);
    CHECK_EQUAL(controls, 1);
    CHECK_EQUAL(eventfd_write(first.source.fd, 1), 0);
    run(1, NULL);
    CHECK_EQUAL(first.calls, 1);
    CHECK_EQUAL(loop_change(&first.source, EPOLLIN), 0);
    CHECK_EQUAL(loop_add(&first.source, EPOLLIN), -EEXIST);

    /* Two sources of one round close each other: the function of only one is called. */
    add(&third, 1);
    CHECK_EQUAL(eventfd_write(second.source.fd, 1), 0);
    second.closes = &third.source;
    third.closes = &second.source;
    run(1, NULL);
    CHECK_EQUAL(first.calls, 2);
    CHECK_EQUAL(second.calls + third.calls, 1);
    CHECK_EQUAL(second.source.fd + third.source.fd >= 0, 1); /* one of them is open */
    controls = 0;
    loop_close(&second.source); /* a source may be closed twice */
    loop_close(&third.source);
    CHECK_EQUAL(controls, 1);
    CHECK(second.source.fd == -1 && third.source.fd == -1);
    loop_remove(&first.source);
    CHECK_EQUAL(eventfd_write(first.source.fd, 1), 0);
    run(1, NULL);
    CHECK_EQUAL(first.calls, 2);
    failures[0] = EINTR;
    failures[1] = EBADF;
    stop = false;
    CHECK_EQUAL(loop_run(&stop, after, NULL), -EBADF); /* a signal ends nothing */
}

static void resting_sources_wait(void)
{
    struct counted first, second;

    CHECK_EQUAL(loop_open(), 0);
    add(&first, 1);
    add(&second, 1);
    first.rests = second.rests = true;
    for (size_t i = 0; i < LENGTH; i++)
        nexts[i] = -1;
    nexts[1] = 0.02; /* this is sooner */
    run(2, idle);
    CHECK_EQUAL(waits[0], 21);
    CHECK(waits[1] == 29 || waits[1] == 30); /* until 0.05 seconds are over */
    CHECK(first.calls == 1 && second.calls == 1);
    now += 0.01;
    nexts[1] = -1;
    run(1, idle);
    CHECK(waits[0] == 50 || waits[0] == 51);
    CHECK(first.calls == 2 && second.calls == 2);
    now += 0.01;
    run(1, idle);
    CHECK(first.calls == 3 && second.calls == 3);
    CHECK_EQUAL(idle_count, 0);
    loop_close(&second.source); /* also while it rests */
    CHECK(!second.source.rests);
    now += 0.01;
    run(1, idle);
    CHECK(waits[0] == 50 || waits[0] == 51); /* one source alone rests as long */
    CHECK_EQUAL(first.calls, 4);
    nexts[0] = nexts[1] = 0; /* there is work left */
    run(1, idle);
    CHECK_WAITS(0);
    CHECK(first.source.rests);
    nexts[0] = nexts[1] = -1;
    loop_remove(&first.source);
    CHECK(!first.source.rests);
    run(2, idle);
    CHECK_WAITS(1001, -1); /* no source rests */
    CHECK_EQUAL(idle_count, 1);
}

static void clients_are_accepted(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "@k3thread-test"};
    struct source source = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    int           client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted;

    (void) snprintf(address.sun_path + 1, 40, "k3thread-test-%d", (int) getpid());
    address.sun_path[0] = '\0'; /* the name is no file's */
    CHECK_EQUAL(bind(source.fd, (struct sockaddr *) &address, sizeof(address)), 0);
    CHECK_EQUAL(listen(source.fd, 1), 0);
    CHECK_EQUAL(loop_accept(&source), -EAGAIN);
    CHECK_EQUAL(connect(client, (struct sockaddr *) &address, sizeof(address)), 0);
    refusals[0] = EMFILE;
    CHECK_EQUAL(loop_accept(&source), -EMFILE);
    refusals[0] = EINTR;
    refusals[1] = ECONNABORTED; /* of a client that has gone again; others may wait behind it */
    accepted = loop_accept(&source);
    CHECK(accepted >= 0);
    CHECK((fcntl(accepted, F_GETFL) & O_NONBLOCK) != 0 &&
          (fcntl(accepted, F_GETFD) & FD_CLOEXEC) != 0);
    source.fd = client;
    CHECK_EQUAL(loop_accept(&source), -EINVAL);
}

static void descriptors_are_watched(void)
{
    struct counted counted = {.calls = 0};
    int            ends[2];

    CHECK_EQUAL(loop_open(), 0);
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQUAL(loop_watch(&counted.source, ends[1], count_call, EPOLLOUT), 0);
    CHECK((fcntl(ends[1], F_GETFL) & O_NONBLOCK) != 0);
    CHECK_EQUAL(fcntl(ends[1], F_GETFL) & O_ACCMODE, O_WRONLY);
    counted.closes = &counted.source;
    run(1, NULL);
    CHECK_EQUAL(counted.calls, 1);
    CHECK(fcntl(ends[1], F_GETFD) < 0);
    CHECK_EQUAL(loop_watch(&counted.source, ends[0], count_call, EPOLLIN), 0);
    loop_remove(&counted.source);
    CHECK_EQUAL(loop_watch(&counted.source, -1, count_call, EPOLLIN), -EBADF);
    loop_close(&counted.source);
    close(ends[0]);
}

static bool is_broken(int pipe_end)
{
    struct pollfd pollfd = {.fd = pipe_end};

    return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLERR) != 0;
}

/* The last descriptor of a file is in a queue that only this queue holds. So the kernel closes it when it likes. */
static void descriptors_are_closed_in_the_background(void)
{
    const int open = test_count_open();
    int       ends[2];
    ino_t     inode;

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    inode = inode_of(ends[0]);
    background_close(ends[0]);
    CHECK_EQUAL(sent, inode);
    CHECK_EQUAL(last_closed, sender); /* the kernel looks for lost descriptors then */
    CHECK_EQUAL(test_count_open(), open + 1);
    CHECK(fcntl(ends[0], F_GETFD) < 0);
    WAIT_FOR(is_broken(ends[1])); /* nobody can read any more */
    close(ends[1]);
    sent = 0;
    background_close(-1);
    CHECK_EQUAL(sent, 0);
    lacks_sockets = true;
    background_close(dup(STDERR_FILENO));
    CHECK_EQUAL(sent, 0);
    CHECK_EQUAL(test_count_open(), open);
}

static int    taken[LENGTH];
static size_t taken_count;

static void take_number(int number)
{
    CHECK(taken_count < LENGTH);
    taken[taken_count++] = number;
}

static void signals_are_taken(void)
{
    sigset_t set;

    CHECK_EQUAL(loop_open(), 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    CHECK_EQUAL(loop_take_signals(SIG_BLOCK, &set, take_number), 0);
    CHECK(raise(SIGTERM) == 0 && raise(SIGUSR1) == 0);
    run(1, NULL);
    CHECK_EQUAL(taken_count, 2);
    CHECK(taken[0] == SIGUSR1 && taken[1] == SIGTERM); /* the lower number first */
    CHECK_EQUAL(loop_take_signals(99, &set, take_number), -EINVAL);
}

TEST_MAIN({"waits", the_loop_waits_as_long_as_it_should}, {"idle", the_loop_becomes_idle_once},
          {"served", sources_are_served}, {"resting", resting_sources_wait},
          {"accepted", clients_are_accepted}, {"watched", descriptors_are_watched},
          {"background", descriptors_are_closed_in_the_background}, {"signals", signals_are_taken})
