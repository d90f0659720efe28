#include "waits.h"

#include <linux/futex.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct waits waits = {.timeout = -1};

static atomic_bool is_held;

static long in_sleep(void)
{
    return k3thread_sleep(waits.timeout);
}

static long in_poll(void)
{
    struct pollfd pollfd = {.fd = waits.ends[0], .events = POLLIN};

    return k3thread_poll(&pollfd, 1, waits.timeout);
}

static long in_epoll_wait(void)
{
    struct epoll_event event;

    return k3thread_epoll_wait(waits.epoll, &event, 1, waits.timeout);
}

static long in_read(void)
{
    char byte;

    return k3thread_read(waits.ends[0], &byte, 1);
}

static long in_write(void)
{
    return k3thread_write(waits.full[1], "x", 1);
}

static long in_recv(void)
{
    char byte;

    return k3thread_recv(waits.pair[0], &byte, 1, 0);
}

static long in_send(void)
{
    return k3thread_send(waits.pair[0], "x", 1, 0);
}

static long in_open(void)
{
    return k3thread_open(waits.fifo, O_RDONLY | O_CLOEXEC);
}

static long in_flock(void)
{
    return k3thread_flock(waits.file, LOCK_EX);
}

static long in_accept(void)
{
    return k3thread_accept(waits.listener, NULL, NULL);
}

static long in_connect(void)
{
    struct sockaddr_un address;
    socklen_t          length = sizeof(address);
    const int          fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK_EQUAL(getsockname(waits.crowded, (struct sockaddr *) &address, &length), 0);
    return k3thread_connect(fd, (struct sockaddr *) &address, length, waits.timeout);
}

static long in_waitpid(void)
{
    return k3thread_waitpid(waits.child, NULL);
}

static long in_waitpid_timeout(void)
{
    int result = k3thread_waitpid_timeout(waits.child, NULL, waits.timeout);

    if (result != -ENOSYS)
        return result;
    result = k3thread_sleep(waits.timeout); /* for valgrind, which has no pidfd_open */
    return result == 0 ? -ETIMEDOUT : result;
}

/* The condition and the mutex are thread-local: no other thread uses them when the wait is left. */
static long in_cond_wait(void)
{
    static __thread pthread_mutex_t mutex;
    static __thread pthread_cond_t  cond;
    int                             result;

    CHECK_EQUAL(pthread_mutex_init(&mutex, NULL), 0);
    CHECK_EQUAL(pthread_cond_init(&cond, NULL), 0);
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
    do
        result = k3thread_cond_wait(&cond, &mutex, waits.timeout);
    while (result == 0);
    return result;
}

static long in_mutex_lock(void)
{
    return k3thread_mutex_lock(&waits.held, waits.timeout);
}

static long in_sem_wait(void)
{
    return k3thread_sem_wait(&waits.none, waits.timeout);
}

static long in_futex(void)
{
    int result;

    do
        result = k3thread_futex(&waits.word, FUTEX_WAIT_PRIVATE, 0, waits.timeout);
    while (result == 0);
    return result;
}

static long in_park(void)
{
    return k3thread_park(waits.timeout);
}

static long in_syscall(void)
{
    return k3thread_syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

static long in_join(void)
{
    return k3thread_join(waits.sleeper, waits.timeout, NULL);
}

static long in_value(void)
{
    return k3thread_value(waits.sleeper) == NULL ? -ECANCELED : 0;
}

static long in_shutdown(void)
{
    return k3thread_shutdown(waits.timeout);
}

const struct wait waits_all[] = {{"sleep", in_sleep, true},
                                 {"poll", in_poll, true},
                                 {"epoll_wait", in_epoll_wait, true},
                                 {"read", in_read, false},
                                 {"write", in_write, false},
                                 {"recv", in_recv, false},
                                 {"send", in_send, false},
                                 {"open", in_open, false},
                                 {"flock", in_flock, false},
                                 {"accept", in_accept, false},
                                 {"connect", in_connect, true},
                                 {"waitpid", in_waitpid, false},
                                 {"waitpid_timeout", in_waitpid_timeout, true},
                                 {"cond_wait", in_cond_wait, true},
                                 {"mutex_lock", in_mutex_lock, true},
                                 {"sem_wait", in_sem_wait, true},
                                 {"futex", in_futex, true},
                                 {"park", in_park, true},
                                 {"syscall", in_syscall, false},
                                 {"join", in_join, true},
                                 {"value", in_value, false},
                                 {"shutdown", in_shutdown, true}};

const size_t waits_count = sizeof(waits_all) / sizeof(*waits_all);

static void unlock(void *mutex)
{
    CHECK_EQUAL(pthread_mutex_unlock(mutex), 0);
}

static void *sleep_with_mutex(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&waits.held), 0);
    k3thread_cleanup_push(unlock, &waits.held);
    is_held = true;
    (void) k3thread_sleep(-1);
    k3thread_cleanup_pop(1);
    return arg;
}

void *waits_sleep(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

pid_t waits_fork(void)
{
    const pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

void waits_fill(int fd)
{
    static const char bytes[4096];
    const int         flags = fcntl(fd, F_GETFL);

    CHECK_EQUAL(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(fd, bytes, sizeof(bytes)) > 0) {
    }
    while (write(fd, bytes, 1) > 0) {
    }
    CHECK_EQUAL(errno, EAGAIN);
    CHECK_EQUAL(fcntl(fd, F_SETFL, flags), 0);
}

int waits_listen(struct sockaddr_in *ret)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof(*ret);

    *ret =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    CHECK(fd >= 0);
    CHECK_EQUAL(bind(fd, (struct sockaddr *) ret, length), 0);
    CHECK_EQUAL(listen(fd, 5), 0);
    CHECK_EQUAL(getsockname(fd, (struct sockaddr *) ret, &length), 0);
    return fd;
}

int waits_make_fifo(char *ret, size_t size)
{
    char directory[] = "/tmp/k3thread-test-XXXXXX", path[64];
    int  fd;

    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof(path), "%s/fifo", directory);
    CHECK_EQUAL(mkfifo(path, 0600), 0);
    fd = open(path, O_PATH | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(unlink(path) == 0 && rmdir(directory) == 0);
    snprintf(ret, size, "/proc/self/fd/%d", fd);
    return fd;
}

void waits_make_locks(int *ret, int *ret_other)
{
    char path[64];

    *ret = memfd_create("locked", MFD_CLOEXEC);
    CHECK(*ret >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", *ret);
    *ret_other = open(path, O_RDWR | O_CLOEXEC);
    CHECK(*ret_other >= 0);
}

/* Returns a listener of the Unix domain. If FULL, its queue has no room. */
static int listen_local(bool full)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t          length = sizeof(address.sun_family);
    const int          fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int                client;

    CHECK_EQUAL(bind(fd, (struct sockaddr *) &address, length), 0);
    CHECK_EQUAL(listen(fd, 0), 0);
    length = sizeof(address);
    CHECK_EQUAL(getsockname(fd, (struct sockaddr *) &address, &length), 0);
    if (full) {
        client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK_EQUAL(connect(client, (struct sockaddr *) &address, length), 0);
    }
    return fd;
}

void waits_begin(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    CHECK_EQUAL(pipe2(waits.ends, O_CLOEXEC), 0);
    CHECK_EQUAL(pipe2(waits.full, O_CLOEXEC), 0);
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, waits.pair), 0);
    waits_fill(waits.full[1]);
    waits_fill(waits.pair[0]);
    waits.listener = listen_local(false);
    waits.crowded = listen_local(true);
    waits.epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK_EQUAL(epoll_ctl(waits.epoll, EPOLL_CTL_ADD, waits.ends[0], &event), 0);
    (void) waits_make_fifo(waits.fifo, sizeof(waits.fifo));
    waits_make_locks(&waits.locked, &waits.file);
    CHECK_EQUAL(flock(waits.locked, LOCK_EX), 0);
    waits.child = waits_fork();
    CHECK_EQUAL(pthread_mutex_init(&waits.held, NULL), 0);
    CHECK_EQUAL(sem_init(&waits.none, 0, 0), 0);
    waits.sleeper = test_start(sleep_with_mutex, NULL);
    WAIT_FOR(is_held);
}

void waits_end(void)
{
    CHECK_EQUAL(kill(waits.child, SIGKILL), 0);
    CHECK_EQUAL(waitpid(waits.child, NULL, 0), waits.child);
    (void) k3thread_send_exception(waits.sleeper, &k3thread_SystemExit);
    (void) test_end(waits.sleeper);
}
