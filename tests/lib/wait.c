/* Tests which events end the interruptible waits, and which do not. */
#include "waits.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/time.h>

static atomic_int caught;

static const struct wait *wait_to_throw;

static void make_wait(void)
{
    (void) wait_to_throw->make();
}

static const k3thread_exctype *thrown_by(const struct wait *wait)
{
    wait_to_throw = wait;
    return test_catch(make_wait);
}

static void *catch_in_wait(void *arg)
{
    CHECK(thrown_by(arg) == &k3thread_KeyboardInterrupt);
    return arg;
}

/* Raises in a thread that is in WAIT, or about to be. */
static void throw_into(const struct wait *wait)
{
    k3thread *t = test_start(catch_in_wait, (void *) (uintptr_t) wait);

    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
    CHECK(test_end(t) == NULL);
}

static void thrown_while_waiting(void)
{
    waits_begin();
    for (size_t i = 0; i < waits_count; i++) {
        waits.timeout = -1;
        throw_into(&waits_all[i]);
        waits.timeout = 3600;
        if (waits_all[i].is_timed)
            throw_into(&waits_all[i]);
    }
    waits_end();
}

/* A thread can be woken also if its starter has all signals blocked (except the deadline's). */
static void woken_with_signals_blocked(void)
{
    sigset_t all;

    k3thread_self(); /* adopts the caller now, because that unblocks the wake signal */
    sigfillset(&all);
    sigdelset(&all, SIGALRM);
    sigdelset(&all, SIGTERM);
    CHECK_EQUAL(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
    throw_into(&waits_all[0]);
}

/* Every wait throws an exception that is pending already, in a handler too. */
static void thrown_when_pending(void)
{
    waits_begin();
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    for (volatile size_t i = 0; i < waits_count; i++) {
        CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
        CHECK(thrown_by(&waits_all[i]) == &k3thread_KeyError);
        CHECK(!k3thread_pending());
    }
    CHECK_EQUAL(k3thread_send_exception(waits.sleeper, &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_join(waits.sleeper, -1, NULL), 0);
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    for (volatile size_t i = 0; i < waits_count; i++) /* a join of an ended thread throws too */
        if (strcmp(waits_all[i].name, "join") == 0)
            CHECK(thrown_by(&waits_all[i]) == &k3thread_KeyError);
    CHECK(!k3thread_pending());
    waits_end();
}

/* With the mask RETURN every wait returns -ECANCELED, also when nothing blocks it; the exception
 * stays pending. */
static void *return_from_wait(void *arg)
{
    const struct wait *wait = arg;

    k3thread_set_mask(K3THREAD_RETURN);
    CHECK_EQUAL(wait->make(), -ECANCELED);
    CHECK_EQUAL(wait->make(), -ECANCELED);
    CHECK(k3thread_take(NULL) && !k3thread_pending());
    return arg;
}

static void returned_when_pending(void)
{
    k3thread *t;

    waits_begin();
    for (size_t i = 0; i < waits_count; i++) {
        t = test_start(return_from_wait, (void *) (uintptr_t) &waits_all[i]);
        test_wait_asleep(t);
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
        CHECK(test_end(t) == NULL);
    }
    waits_end();
}

/* NaN as a timeout is an error, and an exception that is pending stays so. */
static void no_number(void)
{
    waits_begin();
    waits.timeout = __builtin_nan("");
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    for (size_t i = 0; i < waits_count; i++)
        if (waits_all[i].is_timed)
            CHECK_EQUAL(waits_all[i].make(), K3THREAD_VALUE_ERROR);
    CHECK(k3thread_take(NULL));
    waits_end();
}

/* Other signals */

static atomic_int signals;

static void count(int number)
{
    (void) number;
    signals++;
}

static void *bombard(void *arg)
{
    while (caught == 0) {
        (void) syscall(SYS_tgkill, getpid(), k3thread_get_tid(arg), SIGUSR1);
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

/* Returns a time that ends just after a full second of the clock: its nanoseconds need a carry. */
static double until_past_a_second(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1.05 - (double) now.tv_nsec / 1e9;
}

/* Makes WAIT, which has to time out after LENGTH, at most EARLY sooner. Returns how much later it timed out. */
static double overlong(const struct wait *wait, double length, double early, long result)
{
    const double begin = test_now();
    double       lasted;

    waits.timeout = length;
    CHECK_EQUAL(wait->make(), result);
    lasted = test_now() - begin;
    CHECK(lasted >= length - early);
    return lasted - length;
}

/*
 * Checks that WAIT ends at its deadline, which is one instant and does not begin anew after a signal. On a busy
 * machine some of the waits take longer, but hardly all of them.
 */
static void check_timed(const struct wait *wait, double early, long result)
{
    const double length = strcmp(wait->name, "poll") == 0 ? until_past_a_second() : 0.2;

    for (int tries = 0; overlong(wait, length, early, result) > 0.3; tries++)
        CHECK(tries < 10);
}

static long result_in_time(const char *name)
{
    const bool has_none =
        strcmp(name, "sleep") == 0 || strcmp(name, "poll") == 0 || strcmp(name, "epoll_wait") == 0;

    return has_none ? 0 : -ETIMEDOUT;
}

static void other_signals_do_not_end_timed_waits(void)
{
    k3thread *t;

    waits_begin();
    t = start_signals();
    for (size_t i = 0; i < waits_count; i++)
        if (waits_all[i].is_timed && strcmp(waits_all[i].name, "shutdown") != 0)
            check_timed(&waits_all[i], 0, result_in_time(waits_all[i].name));
    stop_signals(t);
    /* shutdown comes last: it waits for the thread that sends signals too. */
    check_timed(&waits_all[waits_count - 1], 0, -ETIMEDOUT);
    waits_end();
}

/* The seconds by which the own limit of a socket may end early: the kernel's clock for it is a coarse one. */
#define COARSE 0.02

static long read_from_socket(void)
{
    char byte;

    return k3thread_read(waits.pair[0], &byte, 1);
}

static long write_to_socket(void)
{
    return k3thread_write(waits.pair[0], "x", 1);
}

static void set_limit(int fd, int option, double seconds)
{
    const struct timeval limit = {.tv_usec = (suseconds_t) (seconds * 1e6)};

    CHECK_EQUAL(setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit)), 0);
}

static const struct wait *find(const char *name)
{
    size_t i = 0;

    while (strcmp(waits_all[i].name, name) != 0)
        i++;
    return &waits_all[i];
}

static void limits_of_sockets(void)
{
    static const struct wait reading = {"read", read_from_socket, false};
    static const struct wait writing = {"write", write_to_socket, false};
    k3thread                *t;

    waits_begin();
    set_limit(waits.pair[0], SO_RCVTIMEO, 0.2);
    set_limit(waits.pair[0], SO_SNDTIMEO, 0.2);
    set_limit(waits.listener, SO_RCVTIMEO, 0.2);
    t = start_signals();
    check_timed(find("recv"), COARSE, -EAGAIN);
    check_timed(find("send"), COARSE, -EAGAIN);
    check_timed(find("accept"), COARSE, -EAGAIN);
    check_timed(&reading, COARSE, -EAGAIN);
    check_timed(&writing, COARSE, -EAGAIN);
    stop_signals(t);
    waits_end();
}

/* Connections over TCP, where a further call meets an attempt that is under way. */

static struct sockaddr_in crowded;
static struct timeval     own_limit;

static long connect_to_crowded(void)
{
    const int      fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit;
    socklen_t      size = sizeof(limit);
    long           result;

    CHECK_EQUAL(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &own_limit, sizeof(own_limit)), 0);
    result = k3thread_connect(fd, (struct sockaddr *) &crowded, sizeof(crowded), waits.timeout);
    CHECK_EQUAL(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &size), 0);
    CHECK(limit.tv_sec == own_limit.tv_sec && limit.tv_usec == own_limit.tv_usec);
    close(fd);
    return result;
}

static long connect_by_own_limit(void)
{
    waits.timeout = -1;
    return connect_to_crowded();
}

static void connect_in_time(void)
{
    static const struct wait by_timeout = {"connect", connect_to_crowded, true};
    static const struct wait by_limit = {"connect", connect_by_own_limit, false};
    const int                listener = waits_listen(&crowded);
    int                      client;
    k3thread                *t;

    CHECK_EQUAL(listen(listener, 0), 0);
    for (int i = 0; i < 4; i++) { /* more than its queue has room for */
        client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        CHECK(connect(client, (struct sockaddr *) &crowded, sizeof(crowded)) == 0 ||
              errno == EINPROGRESS);
    }
    check_timed(&by_timeout, 0, -ETIMEDOUT);
    t = start_signals();
    own_limit.tv_sec = 7;
    check_timed(&by_timeout, 0, -ETIMEDOUT);
    own_limit = (struct timeval){.tv_usec = 200000};
    check_timed(&by_limit, COARSE, -EINPROGRESS);
    stop_signals(t);
}

static void *provide(void *arg)
{
    const int enough = signals + 20;

    WAIT_FOR(signals >= enough);
    CHECK_EQUAL(write(waits.ends[1], arg, 1), 1);
    WAIT_FOR(signals >= enough + 20);
    CHECK_EQUAL(write(waits.pair[1], arg, 1), 1);
    WAIT_FOR(signals >= enough + 40);
    CHECK_EQUAL(flock(waits.locked, LOCK_UN), 0);
    WAIT_FOR(signals >= enough + 60);
    CHECK(open(waits.fifo, O_WRONLY | O_CLOEXEC) >= 0);
    WAIT_FOR(signals >= enough + 80);
    CHECK_EQUAL(kill(waits.child, SIGKILL), 0);
    WAIT_FOR(signals >= enough + 100);
    CHECK(accept(waits.crowded, NULL, NULL) >= 0);
    return NULL;
}

static void other_signals_do_not_end_waits(void)
{
    k3thread *t, *provider;
    char      byte = 0;

    waits_begin();
    t = start_signals();
    provider = test_start(provide, "x");
    CHECK_EQUAL(k3thread_read(waits.ends[0], &byte, 1), 1);
    CHECK_EQUAL(byte, 'x');
    CHECK_EQUAL(find("recv")->make(), 1);
    CHECK_EQUAL(find("flock")->make(), 0);
    CHECK(find("open")->make() >= 0);
    CHECK_EQUAL(k3thread_waitpid(waits.child, NULL), waits.child);
    waits.timeout = -1;
    CHECK_EQUAL(find("connect")->make(), 0);
    CHECK_EQUAL(k3thread_join(provider, -1, NULL), 0);
    k3thread_unref(provider);
    stop_signals(t);
    waits.child = waits_fork();
    waits_end();
}

/* Another signal ends k3thread_syscall with -EINTR. */
static void signals_end_a_syscall(void)
{
    k3thread *t = start_signals();

    CHECK_EQUAL(find("syscall")->make(), -EINTR);
    stop_signals(t);
}

/* Waits that are left by a jump or by cancellation */

static __thread sigjmp_buf left;
static atomic_bool         in_handler, may_leave;

static void leave(int number)
{
    (void) number;
    in_handler = true;
    while (!may_leave) {
    }
    siglongjmp(left, 1);
}

/*
 * Waits again after a jump out of WAIT. The mask of signals stays as it was in the handler, where the wake signal
 * may be blocked.
 */
static void *leave_and_wait(void *arg)
{
    const struct wait *wait = arg;
    volatile bool      again = false;

    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    if (sigsetjmp(left, 0) == 0)
        CHECK(wait->make() == 99);
    K3THREAD_TRY {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        again = true;
    }
    K3THREAD_END
    CHECK(again);
    CHECK(thrown_by(&waits_all[0]) == &k3thread_KeyboardInterrupt);
    return arg;
}

/*
 * A handler leaves the wait by siglongjmp, after the wake signal came in the handler and was deferred.
 * The waits that follow throw the exception of that raise, and of the next.
 */
static void leave_by_a_jump(const struct wait *wait)
{
    k3thread *t = test_start(leave_and_wait, (void *) (uintptr_t) wait);

    in_handler = may_leave = false;
    test_wait_asleep(t);
    CHECK_EQUAL(syscall(SYS_tgkill, getpid(), k3thread_get_tid(t), SIGUSR1), 0);
    WAIT_FOR(in_handler);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    may_leave = true;
    WAIT_FOR(!k3thread_is_alive(t) || test_state(k3thread_get_tid(t)) == 'S');
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
    CHECK(test_end(t) == NULL);
}

static void left_by_a_jump(void)
{
    const struct sigaction action = {.sa_handler = leave};

    CHECK_EQUAL(sigaction(SIGUSR1, &action, NULL), 0);
    waits_begin();
    for (size_t i = 0; i < waits_count; i++)
        leave_by_a_jump(&waits_all[i]);
    waits_end();
}

/* A thread is cancelled in a wait of the C library. Its clean-up uses the stack where the frames of the wait were. */
static atomic_bool in_cleanup, raised;

static void look_at_the_stack(void *arg)
{
    volatile char bytes[8192];

    (void) arg;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = 0x5A;
    in_cleanup = true;
    WAIT_FOR(raised);
    for (size_t i = 0; i < sizeof(bytes); i++)
        CHECK_EQUAL(bytes[i], 0x5A);
}

static void *be_cancelled(void *arg)
{
    const struct wait *wait = arg;

    pthread_cleanup_push(look_at_the_stack, NULL);
    (void) wait->make();
    pthread_cleanup_pop(0);
    return arg;
}

static void cancel_in(const char *name)
{
    k3thread *t = test_start(be_cancelled, (void *) (uintptr_t) find(name));

    in_cleanup = raised = false;
    test_wait_asleep(t);
    CHECK_EQUAL(pthread_cancel(k3thread_get_pthread(t)), 0);
    WAIT_FOR(in_cleanup);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    raised = true;
    CHECK(test_end(t) == NULL);
}

static void cancelled(void)
{
    waits_begin();
    for (int i = 0; i < 2; i++) {
        cancel_in("cond_wait");
        cancel_in("sem_wait");
        waits.timeout = 3600;
    }
    waits_end();
}

TEST_MAIN({"blocked", thrown_while_waiting}, {"pending", thrown_when_pending},
          {"returned", returned_when_pending}, {"no-number", no_number},
          {"signals-timed", other_signals_do_not_end_timed_waits},
          {"signals", other_signals_do_not_end_waits}, {"syscall", signals_end_a_syscall},
          {"socket-limits", limits_of_sockets}, {"connect-in-time", connect_in_time},
          {"signals-blocked", woken_with_signals_blocked}, {"siglongjmp", left_by_a_jump},
          {"cancelled", cancelled})
