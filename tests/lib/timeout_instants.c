/* Tests when a time limit passes: in every wait, for every value, and several limits at once. */
#include "timeouts.h"

#include <stdatomic.h>
#include <sys/epoll.h>

static atomic_bool frozen; /* the clock stands still */

/* The linker replaces clock_gettime() by this: see tests/lib/rules.mk. */
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    if (!frozen)
        return __real_clock_gettime(clock, ret);
    *ret = (struct timespec){.tv_sec = 1};
    return 0;
}

/* Every wait ends at the limit, and not before. */
static int             pipe_ends[2], epoll;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  cond = PTHREAD_COND_INITIALIZER;
static k3thread       *sleeper;

static void wait_poll(void)
{
    struct pollfd pollfd = {.fd = pipe_ends[0], .events = POLLIN};

    (void) k3thread_poll(&pollfd, 1, -1);
}

static void wait_read(void)
{
    char byte;

    (void) k3thread_read(pipe_ends[0], &byte, 1);
}

static void unlock(void *arg)
{
    CHECK_EQUAL(pthread_mutex_unlock((pthread_mutex_t *) arg), 0);
}

static void wait_cond(void)
{
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
    k3thread_cleanup_push(unlock, &mutex);
    (void) k3thread_cond_wait(&cond, &mutex, -1);
    k3thread_cleanup_pop(1);
}

static void wait_join(void)
{
    (void) k3thread_join(sleeper, -1, NULL);
}

static void wait_mutex(void)
{
    (void) k3thread_mutex_lock(&held, -1);
}

static void wait_epoll(void)
{
    struct epoll_event event;

    (void) k3thread_epoll_wait(epoll, &event, 1, -1);
}

static void wait_long(void)
{
    (void) k3thread_sleep(LONG);
}

static void (*volatile waits[])(void) = {sleep_for_ever, wait_long, wait_poll,  wait_read,
                                         wait_cond,      wait_join, wait_mutex, wait_epoll};

static void *sleep_in_thread(void *arg)
{
    sleep_for_ever();
    return arg;
}

static void *hold(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&held), 0);
    *(atomic_bool *) arg = true;
    (void) k3thread_sleep(-1);
    return arg;
}

static void every_wait(void)
{
    atomic_bool     holds = false;
    volatile double begin;
    k3thread       *holder = test_start(hold, &holds);

    CHECK_EQUAL(pipe(pipe_ends), 0);
    epoll = epoll_create1(0);
    sleeper = test_start(sleep_in_thread, NULL);
    WAIT_FOR(holds);
    for (volatile size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        begin = test_now();
        K3THREAD_TIMEOUT(SOON) {
            waits[i]();
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('t');
        }
        K3THREAD_END
        CHECK(test_now() - begin >= SOON);
        check_trace("t");
    }
    /* The wait for the condition held the mutex again, and the cleanup unlocked it. */
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
    CHECK_EQUAL(k3thread_send_exception(holder, &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_send_exception(sleeper, &k3thread_SystemExit), 0);
    CHECK(test_end(holder) == &k3thread_SystemExit);
    CHECK(test_end(sleeper) == &k3thread_SystemExit);
}

static void limit_of_nan(void)
{
    K3THREAD_TIMEOUT(__builtin_nan("")) {
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        note('y');
    }
    K3THREAD_END
}

static void values(void)
{
    static const double none[] = {-1, -1e300, 1e10, 1e300, __builtin_inf()};

    for (volatile size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        K3THREAD_TIMEOUT(none[i]) {
            k3thread_checkpoint();
            CHECK_EQUAL(k3thread_sleep(0.0001), 0);
            note('n');
        }
        K3THREAD_END
    }
    check_trace("nnnnn");
    K3THREAD_TIMEOUT(0) {
        k3thread_checkpoint();
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('z');
    }
    K3THREAD_END
    check_trace("z");
    CHECK(test_catch(limit_of_nan) == &k3thread_ValueError);
    check_trace("");
}

static double left(double until)
{
    const double seconds = until - test_now();

    return seconds > 0 ? seconds : 0;
}

/* Several limits have passed: each is thrown, in the order of their instants. */
static void all_over(void)
{
    const double base = test_now();

    K3THREAD_TIMEOUT(left(base + 0.3)) {
        K3THREAD_TIMEOUT(left(base + 0.1)) {
            K3THREAD_TIMEOUT(left(base + 0.2)) {
                while (left(base + 0.35) > 0) {
                }
                sleep_for_ever();
            }
            K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
                note('2');
            }
            K3THREAD_END
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('1');
        }
        K3THREAD_END
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('3');
    }
    K3THREAD_END
    check_trace("13");
}

/* Of two limits that end at the same instant, the one further out is thrown. */
static void at_once(void)
{
    frozen = true;
    two(0, 0, k3thread_checkpoint);
    check_trace("cfo");
    frozen = false;
}

/* A limit that has passed is withdrawn at the end of its body, before FINALLY. */
static void withdrawn_before_finally(void)
{
    k3thread_set_mask(K3THREAD_NEVER);
    K3THREAD_TIMEOUT(0) {
        CHECK(k3thread_pending());
    }
    K3THREAD_FINALLY {
        CHECK(!k3thread_pending());
    }
    K3THREAD_END
    K3THREAD_TIMEOUT(0) {
        CHECK(k3thread_pending());
    }
    K3THREAD_END
    CHECK(!k3thread_pending() && !k3thread_take(NULL));
    k3thread_set_mask(K3THREAD_IMMEDIATE);
}

static void throw_key(void *arg)
{
    k3thread_throw(&k3thread_KeyError, "%s", (const char *) arg);
}

/* An exception that takes the place of the limit's own is one as any other: inner handlers take it. */
static void replaced(void)
{
    K3THREAD_TIMEOUT(0) {
        K3THREAD_TRY {
            k3thread_cleanup_push(throw_key, "of a cleanup");
            sleep_for_ever();
            k3thread_cleanup_pop(0);
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            CHECK_TEXT(e->message, "of a cleanup");
            note('k');
        }
        K3THREAD_END
        note('b');
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        note('x');
    }
    K3THREAD_END
    check_trace("kb");
}

TEST_MAIN({"every-wait", every_wait}, {"values", values}, {"all-over", all_over},
          {"replaced", replaced}, {"at-once", at_once}, {"finally", withdrawn_before_finally})
