/* Tests parking, and the descriptor for event loops. */
#include "test.h"

#include <poll.h>
#include <stdatomic.h>

static atomic_int  reached;
static atomic_bool over;

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

/* Permits */

static void *park_twice(void *arg)
{
    CHECK_EQUAL(k3thread_park(-1), 0);
    reached = 1;
    CHECK_EQUAL(k3thread_park(-1), 0);
    return arg;
}

static void permit_before(void)
{
    CHECK_EQUAL(k3thread_unpark(k3thread_self()), 0);
    CHECK_EQUAL(k3thread_unpark(k3thread_self()), 0);
    CHECK_EQUAL(k3thread_park(-1), 0);
    CHECK_EQUAL(k3thread_park(0), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_park(0.01), -ETIMEDOUT);
}

static void permit_during(void)
{
    k3thread *t = test_start(park_twice, NULL);

    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_unpark(t), 0);
    WAIT_FOR(reached == 1);
    CHECK_EQUAL(k3thread_unpark(t), 0);
    CHECK(test_end(t) == NULL);
}

/* A permit that comes after a park has timed out is there for the next park. */
static void permit_after(void)
{
    k3thread *t;

    CHECK_EQUAL(k3thread_park(0.001), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_unpark(k3thread_self()), 0);
    CHECK_EQUAL(k3thread_park(-1), 0);
    t = test_start(sleep_for_ever, NULL);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_join(t, -1, NULL), 0);
    CHECK_EQUAL(k3thread_unpark(t), K3THREAD_INVALID_THREAD_ID_ERROR);
    k3thread_unref(t);
}

/* A permit and a raise come at the same time: each arrives exactly once. */
static unsigned raises, permits;

static void take_both(void)
{
    K3THREAD_TRY {
        CHECK_EQUAL(k3thread_park(-1), 0);
        permits++;
        reached = 1;
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        raises++;
    }
    K3THREAD_END
}

static void *count_both(void *arg)
{
    const unsigned rounds = *(unsigned *) arg;

    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    while (permits < rounds || raises < rounds)
        take_both();
    return NULL;
}

static void permit_and_raise(void)
{
    unsigned  rounds = test_many(2000, 200);
    k3thread *t = test_start(count_both, &rounds);

    for (unsigned i = 0; i < rounds; i++) {
        reached = 0;
        if (i % 2 == 0)
            CHECK_EQUAL(k3thread_unpark(t), 0);
        while (k3thread_send_exception(t, &k3thread_KeyError) == K3THREAD_SEND_RAISE_ERROR)
            sched_yield();
        if (i % 2 != 0)
            CHECK_EQUAL(k3thread_unpark(t), 0);
        while (reached == 0)
            sched_yield();
    }
    CHECK(test_end(t) == NULL);
    CHECK(permits == rounds && raises == rounds);
}

/* The descriptor */

static bool is_readable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    return poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLIN;
}

static void raise_in_oneself(void)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
}

/* The descriptor is readable while something is pending, with every mask; also if it was pending
 * before the descriptor was made. */
static void readable_when_pending(void)
{
    int fd;

    k3thread_set_mask(K3THREAD_NEVER);
    raise_in_oneself();
    fd = k3thread_pending_fd();
    CHECK(fd >= 0 && is_readable(fd));
    CHECK_EQUAL(k3thread_pending_fd(), fd);
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK(k3thread_take(NULL) && !is_readable(fd));
    for (int mask = K3THREAD_ON_BLOCKING; mask <= K3THREAD_RETURN; mask++) {
        k3thread_set_mask((enum k3thread_mask) mask);
        raise_in_oneself();
        raise_in_oneself();
        CHECK(is_readable(fd));
        CHECK(k3thread_take(NULL) && is_readable(fd));
        CHECK(k3thread_take(NULL) && !is_readable(fd));
    }
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    raise_in_oneself();
    K3THREAD_TRY {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK(!is_readable(fd));
    }
    K3THREAD_END
}

static _Atomic int loop_fd = -1;

/* An event loop that uses no wait of the library: its mask is NEVER, and it waits in poll. */
static void *run_a_loop(void *arg)
{
    struct pollfd pollfd = {.events = POLLIN};
    unsigned      taken = 0;

    k3thread_set_mask(K3THREAD_NEVER);
    pollfd.fd = k3thread_pending_fd();
    loop_fd = pollfd.fd;
    while (taken < *(unsigned *) arg) {
        if (poll(&pollfd, 1, -1) < 0)
            CHECK_EQUAL(errno, EINTR);
        while (k3thread_take(NULL))
            taken++;
    }
    return NULL;
}

static void wakes_a_loop(void)
{
    unsigned  rounds = test_many(2000, 200);
    k3thread *t = test_start(run_a_loop, &rounds);

    for (unsigned i = 0; i < rounds; i++)
        while (k3thread_send_exception(t, &k3thread_KeyError) == K3THREAD_SEND_RAISE_ERROR)
            sched_yield();
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(fcntl(loop_fd, F_GETFD), -1); /* closed with its thread */
}

static void *foreign_loop(void *arg)
{
    CHECK(k3thread_self() != NULL);
    return run_a_loop(arg);
}

static void of_a_foreign_thread(void)
{
    unsigned  rounds = 1;
    pthread_t thread;
    k3thread *t;

    CHECK_EQUAL(pthread_create(&thread, NULL, foreign_loop, &rounds), 0);
    WAIT_FOR(loop_fd >= 0);
    t = k3thread_find_id(2);
    if (t == NULL) /* main is adopted by its first call */
        t = k3thread_find_id(1);
    CHECK(t != NULL);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(fcntl(loop_fd, F_GETFD), -1);
    k3thread_unref(t);
}

static void *hold_a_descriptor(void *arg)
{
    k3thread_set_mask(K3THREAD_NEVER);
    loop_fd = k3thread_pending_fd();
    WAIT_FOR(over);
    return arg;
}

/* Checks that the child has a descriptor of its own under the same number, and none of other threads. */
static void in_a_child(int fd, k3thread *other)
{
    CHECK_EQUAL(k3thread_pending_fd(), fd);
    CHECK(is_readable(fd));
    CHECK(k3thread_take(NULL) && !is_readable(fd));
    CHECK_EQUAL(fcntl(loop_fd, F_GETFD), -1);
    k3thread_unref(other);
    _exit(0);
}

/* A raise in the child does not make the parent's descriptor readable. */
static void raise_in_a_child(int fd)
{
    const pid_t pid = fork();
    int         status;

    if (pid == 0) {
        raise_in_oneself();
        raise_in_oneself();
        CHECK(is_readable(fd));
        _exit(0);
    }
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(!is_readable(fd));
}

static void in_children(void)
{
    k3thread *t = test_start(hold_a_descriptor, NULL);
    int       fd, status;
    pid_t     pid;

    WAIT_FOR(loop_fd >= 0);
    k3thread_set_mask(K3THREAD_NEVER);
    fd = k3thread_pending_fd();
    raise_in_oneself();
    pid = fork();
    if (pid == 0)
        in_a_child(fd, t);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(is_readable(fd));
    CHECK(k3thread_take(NULL) && !is_readable(fd));
    raise_in_a_child(fd);
    over = true;
    CHECK(test_end(t) == NULL);
}

TEST_MAIN({"before", permit_before}, {"during", permit_during}, {"after", permit_after},
          {"beside-raises", permit_and_raise}, {"readable", readable_when_pending},
          {"loop", wakes_a_loop}, {"foreign", of_a_foreign_thread}, {"fork", in_children})
