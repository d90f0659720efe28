/* Tests the results of the interruptible waits, and that no effect of a wait is lost. */
#include "waits.h"

#include <linux/futex.h>
#include <math.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int             ends[2];
static pthread_mutex_t mutex;
static pthread_cond_t  cond = PTHREAD_COND_INITIALIZER;
static atomic_int      caught;

/* Unlocks a mutex of the kind that knows its owner: only a thread that holds it can unlock it. */
static void unlock(void *arg)
{
    CHECK_EQUAL(pthread_mutex_unlock(arg), 0);
}

static void make_mutex(void)
{
    pthread_mutexattr_t attributes;

    CHECK_EQUAL(pthread_mutexattr_init(&attributes), 0);
    CHECK_EQUAL(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK), 0);
    CHECK_EQUAL(pthread_mutex_init(&mutex, &attributes), 0);
}

/* A wait that throws takes nothing: its object is still there. */

static const struct wait *wait_to_throw;

static void make_wait(void)
{
    CHECK(wait_to_throw->make() == 99);
}

static void throw_in(const char *name)
{
    size_t i = 0;

    while (strcmp(waits_all[i].name, name) != 0)
        i++;
    wait_to_throw = &waits_all[i];
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    CHECK(test_catch(make_wait) == &k3thread_KeyError);
    CHECK(!k3thread_pending());
}

static void connect_to_listener(void)
{
    struct sockaddr_un address;
    socklen_t          length = sizeof(address);
    const int          client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK_EQUAL(getsockname(waits.listener, (struct sockaddr *) &address, &length), 0);
    CHECK_EQUAL(connect(client, (struct sockaddr *) &address, length), 0);
}

static void nothing_is_taken(void)
{
    char               bytes[2];
    struct epoll_event event;
    int                status = -1, fd;
    pid_t              child;

    waits_begin();
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    CHECK_EQUAL(write(waits.ends[1], "ab", 2), 2);
    throw_in("read");
    throw_in("poll");
    throw_in("epoll_wait");
    CHECK_EQUAL(k3thread_epoll_wait(waits.epoll, &event, 1, -1), 1);
    CHECK_EQUAL(k3thread_read(waits.ends[0], bytes, 2), 2);
    CHECK_EQUAL(write(waits.pair[1], "ab", 2), 2);
    throw_in("recv");
    CHECK_EQUAL(k3thread_recv(waits.pair[0], bytes, 2, 0), 2);
    connect_to_listener();
    throw_in("accept");
    fd = k3thread_accept(waits.listener, NULL, NULL);
    CHECK(fd >= 0);
    CHECK_EQUAL(flock(waits.locked, LOCK_UN), 0);
    throw_in("flock");
    CHECK_EQUAL(flock(waits.locked, LOCK_EX | LOCK_NB), 0);
    CHECK_EQUAL(sem_post(&waits.none), 0);
    throw_in("sem_wait");
    CHECK_EQUAL(k3thread_sem_wait(&waits.none, 0), 0);
    CHECK_EQUAL(k3thread_unpark(k3thread_self()), 0);
    throw_in("park");
    CHECK_EQUAL(k3thread_park(0), 0);
    CHECK_EQUAL(kill(waits.child, SIGKILL), 0);
    throw_in("waitpid");
    throw_in("waitpid_timeout");
    CHECK_EQUAL(k3thread_waitpid_timeout(waits.child, &status, -1), waits.child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    child = waits.child = waits_fork();
    CHECK(child > 0);
    CHECK_EQUAL(k3thread_send_exception(waits.sleeper, &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_join(waits.sleeper, -1, NULL), 0);
    throw_in("mutex_lock");
    CHECK_EQUAL(k3thread_mutex_lock(&waits.held, 0), 0);
    CHECK_EQUAL(pthread_mutex_unlock(&waits.held), 0);
    waits_end();
}

static ssize_t written;

static void *write_much(void *arg)
{
    static char bytes[1 << 20];

    K3THREAD_TRY {
        written = k3thread_write(ends[1], bytes, sizeof(bytes));
        CHECK(k3thread_pending() || caught == 0);
        k3thread_checkpoint();
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        caught = 1;
    }
    K3THREAD_END
    return arg;
}

/* A write that has moved some bytes before the raise returns their number. */
static void partial_write(void)
{
    k3thread *t;
    int       size;

    CHECK_EQUAL(pipe(ends), 0);
    size = fcntl(ends[1], F_GETPIPE_SZ);
    t = test_start(write_much, NULL);
    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
    CHECK(test_end(t) == NULL);
    CHECK(written == 0 || written == size); /* 0: the write threw before it began */
    CHECK_EQUAL(caught, 1);
}

/* Results and errors */

static void results_of_pipes(void)
{
    struct pollfd      pollfds[2] = {{.events = POLLIN}, {.fd = -1}};
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = 77}};
    const int          epoll = epoll_create1(EPOLL_CLOEXEC);
    char               bytes[4] = "";

    CHECK_EQUAL(pipe(ends), 0);
    pollfds[0].fd = ends[0];
    CHECK_EQUAL(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
    CHECK_EQUAL(k3thread_poll(pollfds, 2, 0), 0);
    CHECK_EQUAL(k3thread_epoll_wait(epoll, &event, 1, 0), 0);
    CHECK_EQUAL(k3thread_epoll_wait(epoll, &event, 1, 0.0001), 0);
    CHECK_EQUAL(k3thread_write(ends[1], "abc", 3), 3);
    CHECK_EQUAL(k3thread_poll(pollfds, 2, -1), 1);
    CHECK_EQUAL(pollfds[0].revents, POLLIN);
    event.data.fd = 0;
    CHECK_EQUAL(k3thread_epoll_wait(epoll, &event, 1, -1), 1);
    CHECK_EQUAL(event.data.fd, 77);
    CHECK_EQUAL(k3thread_read(ends[0], bytes, 4), 3);
    CHECK_TEXT(bytes, "abc");
    close(ends[1]);
    CHECK_EQUAL(k3thread_read(ends[0], bytes, 4), 0);
}

static void results_of_sockets(void)
{
    struct sockaddr_in address, peer = {0}, local = {0};
    const int          listener = waits_listen(&address);
    const double       timeouts[] = {-1, 5};
    socklen_t          length = sizeof(peer), local_length = sizeof(local);
    char               bytes[4] = "";
    int                client, fd;

    for (int i = 0; i < 2; i++) {
        client = socket(AF_INET, SOCK_STREAM, 0);
        CHECK_EQUAL(
            k3thread_connect(client, (struct sockaddr *) &address, sizeof(address), timeouts[i]),
            0);
        fd = k3thread_accept(listener, (struct sockaddr *) &peer, &length);
        CHECK(fd >= 0 && length == sizeof(peer));
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
        CHECK_EQUAL(getsockname(client, (struct sockaddr *) &local, &local_length), 0);
        CHECK_EQUAL(peer.sin_port, local.sin_port);
        CHECK_EQUAL(k3thread_send(client, "abc", 3, MSG_NOSIGNAL), 3);
        CHECK_EQUAL(k3thread_recv(fd, bytes, 4, MSG_PEEK), 3);
        CHECK_EQUAL(k3thread_recv(fd, bytes, 4, 0), 3);
        CHECK_TEXT(bytes, "abc");
        CHECK_EQUAL(k3thread_recv(fd, bytes, 4, MSG_DONTWAIT), -EAGAIN);
        close(client);
        CHECK_EQUAL(k3thread_recv(fd, bytes, 4, 0), 0);
        close(fd);
    }
    close(listener);
    client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQUAL(k3thread_connect(client, (struct sockaddr *) &address, sizeof(address), -1),
                -ECONNREFUSED);
    CHECK_EQUAL(k3thread_connect(client, (struct sockaddr *) &address, sizeof(address), 5),
                -ECONNREFUSED);
    close(client);
}

static pid_t fork_ending(int status)
{
    const pid_t pid = fork();

    if (pid == 0)
        _exit(status);
    return pid;
}

static void results_of_children(void)
{
    int   status = 0;
    pid_t pid = fork_ending(7);

    CHECK_EQUAL(k3thread_waitpid(pid, &status), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    pid = fork_ending(8);
    if (syscall(SYS_pidfd_open, getpid(), 0) >= 0) /* valgrind does not know the call */
        CHECK_EQUAL(k3thread_waitpid_timeout(pid, &status, 50), pid);
    else
        CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 8);
    pid = fork_ending(9);
    CHECK_EQUAL(k3thread_waitpid_timeout(pid, NULL, -1), pid);
    CHECK_EQUAL(k3thread_waitpid_timeout(pid, &status, -1), -ECHILD);
}

static void results_of_files(void)
{
    char path[64];
    int  fd, locked, other;

    close(waits_make_fifo(path, sizeof(path)));
    CHECK_EQUAL(k3thread_open(path, O_RDONLY), -ENOENT);
    (void) umask(0);
    fd = k3thread_open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);
    if (fd != -EOPNOTSUPP) {
        struct stat status;

        CHECK(fd >= 0);
        CHECK_EQUAL(fstat(fd, &status), 0);
        CHECK_EQUAL(status.st_mode & 07777, 0640);
        CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    }
    waits_make_locks(&locked, &other);
    CHECK_EQUAL(k3thread_flock(locked, LOCK_EX), 0);
    CHECK_EQUAL(k3thread_flock(other, LOCK_EX | LOCK_NB), -EAGAIN);
    CHECK_EQUAL(k3thread_flock(locked, LOCK_UN), 0);
    CHECK_EQUAL(k3thread_flock(other, LOCK_EX), 0);
}

static void results_of_locks(void)
{
    static uint32_t word = 1;
    sem_t           sem;

    make_mutex();
    CHECK_EQUAL(k3thread_mutex_lock(&mutex, -1), 0);
    CHECK_EQUAL(k3thread_mutex_lock(&mutex, -1), -EDEADLK);
    CHECK_EQUAL(pthread_mutex_unlock(&mutex), 0);
    CHECK_EQUAL(k3thread_mutex_lock(&mutex, 0), 0);
    CHECK_EQUAL(sem_init(&sem, 0, 2), 0);
    CHECK_EQUAL(k3thread_sem_wait(&sem, -1), 0);
    CHECK_EQUAL(k3thread_sem_wait(&sem, 0), 0);
    CHECK_EQUAL(k3thread_sem_wait(&sem, 0), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_futex(&word, FUTEX_WAIT_PRIVATE, 0, -1), -EAGAIN);
    CHECK_EQUAL(k3thread_futex(&word, FUTEX_WAIT, 1, 0.001), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_syscall(SYS_getpid), getpid());
    CHECK_EQUAL(k3thread_syscall(SYS_close, -1L), -EBADF);
}

static void results(void)
{
    results_of_pipes();
    results_of_sockets();
    results_of_children();
    results_of_files();
    results_of_locks();
}

/* A wait with a wrong argument fails at once, and stores nothing. */
static void errors(void)
{
    struct pollfd      pollfd = {.fd = -1, .revents = 99};
    struct epoll_event event = {.events = 99};
    struct sockaddr_in address = {.sin_family = AF_INET};
    char               byte = 'u';
    int                status = 99;
    socklen_t          length = 99;

    CHECK_EQUAL(k3thread_sleep(NAN), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_poll(&pollfd, 1, NAN), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(pollfd.revents, 99);
    CHECK_EQUAL(k3thread_epoll_wait(STDIN_FILENO, &event, 1, -1), -EINVAL);
    CHECK_EQUAL(k3thread_epoll_wait(-1, &event, 1, -1), -EBADF);
    CHECK_EQUAL(k3thread_read(-1, &byte, 1), -EBADF);
    CHECK_EQUAL(k3thread_write(-1, &byte, 1), -EBADF);
    CHECK_EQUAL(k3thread_recv(-1, &byte, 1, 0), -EBADF);
    CHECK_EQUAL(k3thread_send(-1, &byte, 1, 0), -EBADF);
    CHECK_EQUAL(k3thread_connect(-1, (struct sockaddr *) &address, sizeof(address), -1), -EBADF);
    CHECK_EQUAL(k3thread_connect(-1, (struct sockaddr *) &address, sizeof(address), 1), -EBADF);
    CHECK_EQUAL(k3thread_accept(-1, NULL, &length), -EBADF);
    CHECK_EQUAL(k3thread_flock(-1, LOCK_EX), -EBADF);
    CHECK_EQUAL(k3thread_waitpid(getpid(), &status), -ECHILD);
    CHECK_EQUAL(k3thread_waitpid_timeout(getpid(), &status, -1), -ECHILD);
    CHECK_EQUAL(k3thread_waitpid_timeout(getppid(), &status, -1), -ECHILD);
    CHECK_EQUAL(k3thread_waitpid_timeout(-1, &status, -1), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_waitpid_timeout(0, &status, -1), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_unpark(NULL), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(event.events, 99);
    CHECK(byte == 'u' && status == 99 && length == 99);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(k3thread_accept(ends[0], NULL, NULL), -ENOTSOCK);
    CHECK_EQUAL(k3thread_send(ends[1], "x", 1, 0), -ENOTSOCK);
    close(ends[0]);
    CHECK_EQUAL(k3thread_write(ends[1], &byte, 1), -EPIPE);
}

static void errors_of_locks(void)
{
    static uint32_t word;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    (void) k3thread_self(); /* adopted before it holds a lock: see ThreadSanitizer */
    CHECK_EQUAL(k3thread_cond_wait(NULL, &lock, -1), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_cond_wait(&cond, NULL, -1), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_cond_wait(&cond, &lock, NAN), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_mutex_lock(NULL, -1), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_sem_wait(NULL, -1), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_futex(NULL, FUTEX_WAIT, 0, -1), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_futex(&word, FUTEX_WAKE, 0, -1), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(pthread_mutex_lock(&lock), 0);
    CHECK_EQUAL(k3thread_cond_wait(&cond, &lock, 0), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_cond_wait(&cond, &lock, 0.01), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_mutex_lock(&lock, 0.01), -ETIMEDOUT);
    CHECK_EQUAL(pthread_mutex_unlock(&lock), 0);
}

/* Robust mutexes */

static pthread_mutex_t robust;

static void make_robust(void)
{
    pthread_mutexattr_t attributes;

    CHECK_EQUAL(pthread_mutexattr_init(&attributes), 0);
    CHECK_EQUAL(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), 0);
    CHECK_EQUAL(pthread_mutex_init(&robust, &attributes), 0);
}

static void *die_with_it(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&robust), 0);
    return arg;
}

static void *lock_after_death(void *arg)
{
    CHECK(test_end(test_start(die_with_it, NULL)) == NULL);
    CHECK_EQUAL(k3thread_mutex_lock(&robust, -1), -EOWNERDEAD);
    CHECK_EQUAL(pthread_mutex_consistent(&robust), 0);
    CHECK_EQUAL(pthread_mutex_unlock(&robust), 0);
    return arg;
}

static atomic_bool in_wait;

static void *wait_for_dying_owner(void *arg)
{
    K3THREAD_TRY {
        CHECK_EQUAL(pthread_mutex_lock(&robust), 0);
        in_wait = true;
        CHECK_EQUAL(k3thread_cond_wait(&cond, &robust, -1), -EOWNERDEAD);
        CHECK_EQUAL(pthread_mutex_consistent(&robust), 0);
        CHECK_EQUAL(pthread_mutex_unlock(&robust), 0);
        caught = 1;
        k3thread_checkpoint();
        CHECK(false);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        caught++;
    }
    K3THREAD_END
    return arg;
}

/* Raises in the other thread, which then waits for the mutex, and ends without unlocking the mutex. */
static void *raise_and_die(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&robust), 0);
    CHECK_EQUAL(k3thread_send_exception(arg, &k3thread_KeyError), 0);
    for (int i = 0; i < 20; i++)
        test_pause();
    test_wait_asleep(arg);
    return arg;
}

/* The wait reports that the owner has died; the exception stays pending until the next checkpoint. */
static void owner_dead(void)
{
    k3thread *t;

    make_robust();
    CHECK(test_end(test_start(lock_after_death, NULL)) == NULL);
    t = test_start(wait_for_dying_owner, NULL);
    WAIT_FOR(in_wait);
    CHECK(test_end(test_start(raise_and_die, t)) == NULL);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(caught, 2);
}

/* The handler holds the mutex after the wait has thrown, and unlocks it. */
static atomic_int waiting;

static void *wait_for_cond(void *arg)
{
    volatile bool locked = false;

    K3THREAD_TRY {
        CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
        locked = true;
        waiting = 1;
        for (;;)
            (void) k3thread_cond_wait(&cond, &mutex, 3600);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        CHECK(locked);
        CHECK_EQUAL(pthread_mutex_lock(&mutex), EDEADLK);
        CHECK_EQUAL(pthread_mutex_unlock(&mutex), 0);
        caught = 1;
    }
    K3THREAD_END
    return arg;
}

static void mutex_is_held(void)
{
    k3thread *t;

    make_mutex();
    t = test_start(wait_for_cond, NULL);
    WAIT_FOR(waiting == 1);
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
    for (int i = 0; i < 20; i++) { /* the thread is woken, but cannot take the mutex */
        test_pause();
        CHECK_EQUAL(caught, 0);
    }
    CHECK_EQUAL(pthread_mutex_unlock(&mutex), 0);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(caught, 1);
}

/*
 * Two threads wait. Tokens are signalled one by one, while exceptions are raised in the first thread. A thread
 * whose wait has thrown does not take a token. So if the signal had come to the first thread, the second thread
 * must get it.
 */
static atomic_uint tokens;
static unsigned    rounds_won[2];

static void take_token(unsigned self)
{
    K3THREAD_TRY {
        CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
        k3thread_cleanup_push(unlock, &mutex);
        k3thread_set_mask(K3THREAD_ON_BLOCKING);
        while (tokens == 0)
            (void) k3thread_cond_wait(&cond, &mutex, -1);
        rounds_won[self]++;
        tokens--; /* stored last: a thread that sees it sees the line above */
        k3thread_cleanup_pop(1);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        while (tokens != 0)
            sched_yield();
    }
    K3THREAD_END
}

static void *consume(void *arg)
{
    k3thread_set_mask(K3THREAD_NEVER);
    for (;;)
        take_token(*(unsigned *) arg);
    return arg;
}

static void no_signal_is_lost(void)
{
    static unsigned index[] = {0, 1};
    const unsigned  rounds = test_many(4000, 400);
    k3thread       *t[2];

    make_mutex();
    for (int i = 0; i < 2; i++)
        t[i] = test_start(consume, &index[i]);
    for (unsigned round = 0; round < rounds; round++) {
        if (round % 2 == 0)
            (void) k3thread_send_exception(t[0], &k3thread_KeyboardInterrupt);
        CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
        tokens++;
        CHECK_EQUAL(pthread_cond_signal(&cond), 0);
        CHECK_EQUAL(pthread_mutex_unlock(&mutex), 0);
        if (round % 2 != 0)
            (void) k3thread_send_exception(t[0], &k3thread_KeyboardInterrupt);
        while (tokens != 0)
            sched_yield();
    }
    CHECK_EQUAL(rounds_won[0] + rounds_won[1], rounds);
    for (int i = 0; i < 2; i++) {
        while (k3thread_send_exception(t[i], &k3thread_SystemExit) == K3THREAD_SEND_RAISE_ERROR)
            test_pause();
        CHECK(test_end(t[i]) == &k3thread_SystemExit);
    }
}

TEST_MAIN({"nothing-taken", nothing_is_taken}, {"partial-write", partial_write},
          {"results", results}, {"errors", errors}, {"errors-of-locks", errors_of_locks},
          {"owner-dead", owner_dead}, {"cond-mutex", mutex_is_held},
          {"cond-signal", no_signal_is_lost})
