/* The interruptible waits: what they return, what ends them, and that nothing they did is lost. */
#include "test.h"

#include <math.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/time.h>

static int             ends[2], listener;
static pid_t           child;
static pthread_mutex_t mutex;
static pthread_cond_t  cond = PTHREAD_COND_INITIALIZER;
static k3thread       *sleeper;
static atomic_int      caught;

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static pid_t start_child(void)
{
    const pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        for (;;)
            pause();
    return pid;
}

static void end_child(void)
{
    CHECK_EQUAL(kill(child, SIGKILL), 0);
    CHECK_EQUAL(waitpid(child, NULL, 0), child);
}

static void end_sleeper(void)
{
    (void) k3thread_send_exception(sleeper, &k3thread_SystemExit);
    (void) test_end(sleeper);
}

static int listen_local(struct sockaddr_in *address)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof(*address);

    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    CHECK(fd >= 0);
    CHECK_EQUAL(bind(fd, (struct sockaddr *) address, length), 0);
    CHECK_EQUAL(listen(fd, 5), 0);
    CHECK_EQUAL(getsockname(fd, (struct sockaddr *) address, &length), 0);
    return fd;
}

/* Each of these waits for ever, or returns what it should not have. */

static void in_sleep(void)
{
    (void) k3thread_sleep(-1);
}

static void in_poll(void)
{
    struct pollfd pollfd = {.fd = ends[0], .events = POLLIN};

    (void) k3thread_poll(&pollfd, 1, -1);
}

static void in_read(void)
{
    char byte;

    (void) k3thread_read(ends[0], &byte, 1);
}

static void in_write(void)
{
    static const char bytes[1 << 17];
    const int         size = fcntl(ends[1], F_GETPIPE_SZ);

    CHECK(size > 0 && (size_t) size <= sizeof(bytes));
    CHECK_EQUAL(k3thread_write(ends[1], bytes, (size_t) size), size);
    (void) k3thread_write(ends[1], "x", 1);
}

static void in_accept(void)
{
    (void) k3thread_accept(listener, NULL, NULL);
}

static void in_waitpid(void)
{
    (void) k3thread_waitpid(child, NULL);
}

static void in_join(void)
{
    (void) k3thread_join(sleeper, -1, NULL);
}

/* The mutex is of the kind that knows its owner: only a thread that holds it can unlock it. */
static void unlock(void *arg)
{
    CHECK_EQUAL(pthread_mutex_unlock(arg), 0);
}

static void in_cond_wait(void)
{
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
    k3thread_cleanup_push(unlock, &mutex);
    for (;;)
        (void) k3thread_cond_wait(&cond, &mutex, -1);
    k3thread_cleanup_pop(1);
}

static const struct {
    const char *name;
    void (*wait)(void);
} waits[] = {{"sleep", in_sleep}, {"poll", in_poll},          {"read", in_read},
             {"write", in_write}, {"accept", in_accept},      {"waitpid", in_waitpid},
             {"join", in_join},   {"cond_wait", in_cond_wait}};

#define WAITS (sizeof(waits) / sizeof(*waits))

static void set_up(void)
{
    struct sockaddr_in  address;
    pthread_mutexattr_t attributes;

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    listener = listen_local(&address);
    child = start_child();
    CHECK_EQUAL(pthread_mutexattr_init(&attributes), 0);
    CHECK_EQUAL(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK), 0);
    CHECK_EQUAL(pthread_mutex_init(&mutex, &attributes), 0);
    sleeper = test_start(sleep_for_ever, NULL);
}

static void *catch_in_wait(void *arg)
{
    CHECK(test_catch(*(void (**)(void)) arg) == &k3thread_KeyboardInterrupt);
    return arg;
}

/* Blocked, or on its way to it. */
static void thrown_while_waiting(void)
{
    k3thread *t;

    set_up();
    for (size_t i = 0; i < WAITS; i++) {
        void (*wait)(void) = waits[i].wait;

        t = test_start(catch_in_wait, &wait);
        test_wait_asleep(t);
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
        CHECK(test_end(t) == NULL);
    }
    end_child();
    end_sleeper();
}

/* Whatever signals the caller of k3thread_start has blocked; but not those of the deadline. */
static void woken_with_signals_blocked(void)
{
    void (*wait)(void) = in_sleep;
    sigset_t  all;
    k3thread *t;

    k3thread_self(); /* adopted before: that opens the wake signal in the caller */
    sigfillset(&all);
    sigdelset(&all, SIGALRM);
    sigdelset(&all, SIGTERM);
    CHECK_EQUAL(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
    t = test_start(catch_in_wait, &wait);
    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
    CHECK(test_end(t) == NULL);
}

/* One that is pending already is thrown by every wait, in a handler too. */
static void thrown_when_pending(void)
{
    set_up();
    for (volatile size_t i = 0; i < WAITS; i++) {
        k3thread_set_mask(K3THREAD_ON_BLOCKING);
        CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
        CHECK(test_catch(waits[i].wait) == &k3thread_KeyError);
        k3thread_set_mask(K3THREAD_IMMEDIATE);
        CHECK_EQUAL(fcntl(ends[0], F_SETPIPE_SZ, 1 << (16 + i % 2)), 1 << (16 + i % 2));
    }
    end_child();
    CHECK_EQUAL(k3thread_send_exception(sleeper, &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_join(sleeper, -1, NULL), 0);
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    CHECK(test_catch(in_join) == &k3thread_KeyError); /* also of one that has ended */
    k3thread_unref(sleeper);
}

/* What a wait would have returned is still there after it threw. */
static void throw_read(void)
{
    char byte;

    (void) k3thread_read(ends[0], &byte, 1);
}

static void nothing_is_taken(void)
{
    struct sockaddr_in address;
    int                client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, status = -1;
    char               bytes[2];

    set_up();
    close(listener);
    listener = listen_local(&address);
    CHECK_EQUAL(connect(client, (struct sockaddr *) &address, sizeof(address)), 0);
    CHECK_EQUAL(write(ends[1], "ab", 2), 2);
    CHECK_EQUAL(kill(child, SIGKILL), 0);
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    CHECK(test_catch(throw_read) == &k3thread_KeyError);
    CHECK(test_catch(in_accept) == &k3thread_KeyError);
    CHECK(test_catch(in_waitpid) == &k3thread_KeyError);
    CHECK_EQUAL(k3thread_read(ends[0], bytes, 2), 2);
    fd = k3thread_accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    CHECK_EQUAL(k3thread_waitpid(child, &status), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(fd);
    close(client);
    end_sleeper();
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

/* A write that has moved some bytes says how many; the raise comes after. */
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
    CHECK(written == 0 || written == size); /* 0: thrown before it began */
    CHECK_EQUAL(caught, 1);
}

static atomic_int signals;

static void count(int number)
{
    (void) number;
    signals++;
}

static void *bombard(void *arg)
{
    while (caught == 0) {
        (void) tgkill(getpid(), k3thread_get_tid(arg), SIGUSR1);
        test_pause();
    }
    return NULL;
}

static k3thread *start_signals(void)
{
    const struct sigaction action = {.sa_handler = count};

    CHECK_EQUAL(sigaction(SIGUSR1, &action, NULL), 0);
    caught = 0;
    return test_start(bombard, k3thread_self());
}

static void stop_signals(k3thread *t)
{
    caught = 1;
    CHECK(test_end(t) == NULL);
    CHECK(signals > 0);
}

/* Seconds until a little behind the next full one of the clock: borrow and carry are needed to wait so. */
static double until_past_a_second(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1.05 - (double) now.tv_nsec / 1e9;
}

/* One wait of each kind; returns how much longer than asked for it took. */
static double overlong(int kind)
{
    const double  begin = test_now(), length = kind == 0 ? until_past_a_second() : 0.2;
    struct pollfd pollfd = {.fd = -1};
    double        lasted;

    switch (kind) {
    case 0:
        CHECK_EQUAL(k3thread_poll(&pollfd, 1, length), 0);
        break;
    case 1:
        CHECK_EQUAL(k3thread_sleep(length), 0);
        break;
    case 2:
        CHECK_EQUAL(k3thread_join(sleeper, length, NULL), -ETIMEDOUT);
        break;
    default:
        CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
        while (k3thread_cond_wait(&cond, &mutex, begin + length - test_now()) == 0) {
        }
        CHECK_EQUAL(pthread_mutex_unlock(&mutex), 0);
    }
    lasted = test_now() - begin;
    CHECK(lasted >= length);
    return lasted - length;
}

/*
 * Each goes on until its deadline, and not for longer either: it is one instant, not an interval. A
 * busy machine makes some of the waits longer, but hardly all of them.
 */
static void other_signals_do_not_end_timed_waits(void)
{
    k3thread *t;

    set_up();
    t = start_signals();
    for (int kind = 0; kind < 4; kind++)
        for (int tries = 0; overlong(kind) > 0.3; tries++)
            CHECK(tries < 10);
    stop_signals(t);
    end_child();
    end_sleeper();
}

static void *provide(void *arg)
{
    const int enough = signals + 20;

    WAIT_FOR(signals >= enough);
    CHECK_EQUAL(write(ends[1], arg, 1), 1);
    WAIT_FOR(signals >= enough + 20);
    CHECK_EQUAL(kill(child, SIGKILL), 0);
    return NULL;
}

static void other_signals_do_not_end_waits(void)
{
    k3thread *t, *provider;
    char      byte = 0;

    set_up();
    t = start_signals();
    provider = test_start(provide, "x");
    CHECK_EQUAL(k3thread_read(ends[0], &byte, 1), 1);
    CHECK_EQUAL(byte, 'x');
    CHECK_EQUAL(k3thread_waitpid(child, NULL), child);
    CHECK_EQUAL(k3thread_join(provider, -1, NULL), 0);
    k3thread_unref(provider);
    stop_signals(t);
    end_sleeper();
}

static void results(void)
{
    struct sockaddr_in address, peer = {0}, local = {0};
    struct pollfd      pollfds[2] = {{.events = POLLIN}, {.fd = -1}};
    socklen_t          length = sizeof(peer), local_length = sizeof(local);
    char               bytes[4] = "";
    int                client, fd, status;

    CHECK_EQUAL(pipe(ends), 0);
    listener = listen_local(&address);
    pollfds[0].fd = ends[0];
    CHECK_EQUAL(k3thread_poll(pollfds, 2, 0), 0);
    CHECK_EQUAL(k3thread_write(ends[1], "abc", 3), 3);
    CHECK_EQUAL(k3thread_poll(pollfds, 2, -1), 1);
    CHECK_EQUAL(pollfds[0].revents, POLLIN);
    CHECK_EQUAL(k3thread_read(ends[0], bytes, 4), 3);
    CHECK_TEXT(bytes, "abc");
    close(ends[1]);
    CHECK_EQUAL(k3thread_read(ends[0], bytes, 4), 0);

    client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQUAL(connect(client, (struct sockaddr *) &address, sizeof(address)), 0);
    fd = k3thread_accept(listener, (struct sockaddr *) &peer, &length);
    CHECK(fd >= 0 && length == sizeof(peer));
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(getsockname(client, (struct sockaddr *) &local, &local_length), 0);
    CHECK_EQUAL(peer.sin_port, local.sin_port);
    close(fd);
    close(client);

    child = fork();
    if (child == 0)
        _exit(7);
    CHECK_EQUAL(k3thread_waitpid(child, &status), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void errors(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct pollfd   pollfd = {.fd = -1, .revents = 99};
    char            byte = 'u';
    int             status = 99;
    socklen_t       length = 99;

    CHECK_EQUAL(k3thread_sleep(NAN), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_poll(&pollfd, 1, NAN), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(pollfd.revents, 99);
    CHECK_EQUAL(k3thread_read(-1, &byte, 1), -EBADF);
    CHECK_EQUAL(k3thread_write(-1, &byte, 1), -EBADF);
    CHECK_EQUAL(k3thread_accept(-1, NULL, &length), -EBADF);
    CHECK_EQUAL(k3thread_accept(STDIN_FILENO, NULL, NULL), -ENOTSOCK);
    CHECK_EQUAL(k3thread_waitpid(getpid(), &status), -ECHILD);
    CHECK(byte == 'u' && status == 99 && length == 99);
    CHECK_EQUAL(k3thread_cond_wait(NULL, &lock, -1), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_cond_wait(&cond, NULL, -1), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_cond_wait(&cond, &lock, NAN), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(pthread_mutex_lock(&lock), 0);
    CHECK_EQUAL(k3thread_cond_wait(&cond, &lock, 0), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_cond_wait(&cond, &lock, 0.01), -ETIMEDOUT);
    CHECK_EQUAL(pthread_mutex_unlock(&lock), 0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK_EQUAL(pipe(ends), 0);
    close(ends[0]);
    CHECK_EQUAL(k3thread_write(ends[1], &byte, 1), -EPIPE);
}

/* Waits in a handler hold the mutex, and so does the cleanup: both unlock it. */
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

    set_up();
    t = test_start(wait_for_cond, NULL);
    WAIT_FOR(waiting == 1);
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
    for (int i = 0; i < 20; i++) { /* it is woken, and cannot have the mutex */
        test_pause();
        CHECK_EQUAL(caught, 0);
    }
    CHECK_EQUAL(pthread_mutex_unlock(&mutex), 0);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(caught, 1);
    end_child();
    end_sleeper();
}

/*
 * Two threads wait; tokens are signalled one by one, while raises come to the first of them. Once it
 * was thrown out of its wait it does not look after the token itself, so the second one has to be
 * given the signal, if the first had it.
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
        tokens--; /* whoever sees this sees the line above */
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

    set_up();
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
    end_child();
    end_sleeper();
}

TEST_MAIN({"blocked", thrown_while_waiting}, {"pending", thrown_when_pending},
          {"nothing-taken", nothing_is_taken}, {"partial-write", partial_write},
          {"signals-timed", other_signals_do_not_end_timed_waits},
          {"signals", other_signals_do_not_end_waits}, {"results", results}, {"errors", errors},
          {"signals-blocked", woken_with_signals_blocked}, {"cond-mutex", mutex_is_held},
          {"cond-signal", no_signal_is_lost})
