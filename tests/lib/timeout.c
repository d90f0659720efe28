/*
 * Tests time limits. The first cases are programs in which the time limits of other languages go wrong: an inner
 * limit is taken for the outer one, a handler of the body swallows a limit, a limit comes when its body has just
 * ended, or is lost beside another exception.
 */
#include "timeouts.h"

#include <stdatomic.h>

static void raise_in_self(const k3thread_exctype *type)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), type), 0);
}

static void each_its_own(void)
{
    two(SOON, LONG, sleep_for_ever);
    check_trace("cfo");
    two(LONG, SOON, sleep_for_ever);
    check_trace("cifa");
    two(SOON, LONG, compute_for_ever);
    check_trace("cfo");
    two(LONG, SOON, compute_for_ever);
    check_trace("cifa");
    two(-1, SOON, sleep_for_ever);
    check_trace("cifa");
    two(SOON, -1, sleep_for_ever);
    check_trace("cfo");
    CHECK(!k3thread_pending());
}

/* Runs a body with handlers for every exception: a limit passes them. */
static void careless(void)
{
    for (;;) {
        K3THREAD_TRY {
            sleep_for_ever();
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('x');
        }
        K3THREAD_EXCEPT(k3thread_BaseException, e) {
            note('y');
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
    }
}

/* A cleanup that lets its thread be interrupted. */
static void sleep_open(void *arg)
{
    note(*(const char *) arg);
    k3thread_set_mask(K3THREAD_IMMEDIATE);
    sleep_for_ever();
}

/* The time is up while another exception passes a cleanup: no handler further in takes the TimeoutError. */
static void in_a_cleanup(void)
{
    static char letter = 'c';

    K3THREAD_TIMEOUT(SOON) {
        K3THREAD_TRY {
            k3thread_cleanup_push(sleep_open, &letter);
            k3thread_throw(&k3thread_KeyError, NULL);
            k3thread_cleanup_pop(0);
        }
        K3THREAD_EXCEPT(k3thread_BaseException, e) {
            note('x');
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('t');
    }
    K3THREAD_END
    check_trace("ct");
}

/* The end of a body with a limit is a checkpoint inside the block, as that of every body. */
static void end_of_body(void)
{
    K3THREAD_TIMEOUT(LONG) {
        CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        note('k');
    }
    K3THREAD_END
    check_trace("k");
}

static void not_swallowed(void)
{
    K3THREAD_TIMEOUT(SOON) {
        careless();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('t');
        CHECK(strstr(e->message, "0.005") != NULL);
        CHECK_EQUAL(e->sender, k3thread_get_id(k3thread_self()));
    }
    K3THREAD_END
    check_trace("ft");
    K3THREAD_TIMEOUT(SOON) {
        careless();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        note('k');
    }
    K3THREAD_EXCEPT(k3thread_OSError, e) {
        note('o'); /* a handler of the limit's own block may name a base */
    }
    K3THREAD_END
    check_trace("fo");
}

/* Leaves a body whose exception is pending already, in each way. */
static int leave_late(int way)
{
    for (volatile int i = 0; i < 1; i++) {
        K3THREAD_TIMEOUT(SOON) {
            compute_until_pending();
            if (way == 0)
                return way;
            if (way == 1)
                break;
            if (way == 2)
                continue;
            if (way == 3)
                goto out;
            if (way == 4)
                k3thread_throw(&k3thread_KeyError, NULL);
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            CHECK(!k3thread_pending());
            CHECK_EQUAL(k3thread_sleep(0), 0);
            note('k');
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('x');
        }
        K3THREAD_END
    }
out:
    return way;
}

static void withdrawn(void)
{
    for (volatile int way = 0; way < 6; way++) {
        CHECK_EQUAL(leave_late(way), way);
        CHECK(!k3thread_pending());
        k3thread_checkpoint();
        CHECK_EQUAL(k3thread_sleep(0), 0);
    }
    check_trace("k");
}

static bool is_readable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    return poll(&pollfd, 1, 0) == 1;
}

/* An event loop sees a limit that has passed, and sees that it is withdrawn. */
static void seen_by_an_event_loop(void)
{
    const volatile int fd = k3thread_pending_fd();

    K3THREAD_TIMEOUT(SOON) {
        WAIT_FOR(is_readable(fd));
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('x');
    }
    K3THREAD_END
    check_trace("");
    CHECK(!is_readable(fd));
}

/* A body ends at the moment when its limit passes: TimeoutError comes inside the body or not at all. */
static void at_the_very_moment(void)
{
    volatile unsigned       came = 0, ended = 0;
    const volatile unsigned rounds = test_many(20000, 1000);

    for (volatile unsigned i = 0; i < rounds; i++) {
        const double until = test_now() + 0.00002 + (i % 16) * 0.00001;

        K3THREAD_TIMEOUT(until - test_now()) {
            while (test_now() < until)
                k3thread_checkpoint();
            ended++;
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            came++;
        }
        K3THREAD_END
        k3thread_checkpoint();
        CHECK(!k3thread_pending());
    }
    CHECK_EQUAL(came + ended, rounds);
}

/* A raise comes at the same time: each of the two is caught once, by its own handler. */
static void beside_a_raise(void)
{
    volatile unsigned raised = 0, over = 0;

    for (volatile int i = 0; i < 100; i++) {
        K3THREAD_TRY {
            K3THREAD_TIMEOUT(0) {
                raise_in_self(&k3thread_KeyError);
                if (i % 2 == 0)
                    sleep_for_ever();
                compute_for_ever();
            }
            K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
                over++;
            }
            K3THREAD_END
            k3thread_checkpoint();
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            raised++;
        }
        K3THREAD_END
        CHECK(!k3thread_pending());
    }
    CHECK_EQUAL(raised, 100);
    CHECK_EQUAL(over, 0); /* the raise is thrown first, and leaves the scope */
}

#define RAISED_ROUNDS 300

static volatile unsigned note_over;
static atomic_int        raised_rounds;

/* Raises may come so fast that they end every block. They stop after some rounds, and then a limit passes. */
static void *catch_both(void *arg)
{
    volatile unsigned *raised = arg;

    for (; raised_rounds < RAISED_ROUNDS || note_over == 0; raised_rounds++) {
        K3THREAD_TRY {
            K3THREAD_TIMEOUT(0.00005) {
                compute_for_ever();
            }
            K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
                note_over++;
            }
            K3THREAD_END
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            ++*raised;
        }
        K3THREAD_END
    }
    k3thread_set_mask(K3THREAD_NEVER);
    while (k3thread_take(NULL))
        ++*raised;
    return NULL;
}

/* Raises come at any instant around the limit: each is caught exactly once. */
static void around_a_raise(void)
{
    volatile unsigned raised = 0;
    unsigned          sent = 0;
    k3thread         *t = test_start(catch_both, (void *) &raised);

    while (k3thread_is_alive(t)) {
        if (raised_rounds < RAISED_ROUNDS && k3thread_send_exception(t, &k3thread_KeyError) == 0)
            sent++;
        test_pause();
    }
    CHECK(test_end(t) == NULL);
    CHECK(note_over > 0);
    CHECK(raised <= sent && raised + K3THREAD_QUEUE_MAX >= sent);
}

static void throw_timeout(void)
{
    k3thread_throw(&k3thread_TimeoutError, "thrown");
}

static void raise_timeout(void)
{
    raise_in_self(&k3thread_TimeoutError);
    sleep_for_ever();
}

static void limit_without_handler(void)
{
    K3THREAD_TIMEOUT(SOON) {
        sleep_for_ever();
    }
    K3THREAD_END
}

static void limit_that_throws_on(void)
{
    K3THREAD_TIMEOUT(SOON) {
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        K3THREAD_RERAISE();
    }
    K3THREAD_END
}

static void (*volatile other)(void);

static void in_a_limit(void)
{
    K3THREAD_TIMEOUT(LONG) {
        other();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('x');
    }
    K3THREAD_END
}

static void in_a_limit_with_a_base(void)
{
    K3THREAD_TIMEOUT(LONG) {
        other();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_Exception, e) {
        note('b');
    }
    K3THREAD_END
}

/* A TimeoutError that is not the limit's is an exception as any other. */
static void not_mistaken(void)
{
    static void (*const others[])(void) = {throw_timeout, raise_timeout, limit_without_handler,
                                           limit_that_throws_on};

    for (volatile int i = 0; i < 4; i++) {
        other = others[i];
        CHECK(test_catch(other) == &k3thread_TimeoutError);
        CHECK(test_catch(in_a_limit) == &k3thread_TimeoutError);
        CHECK(test_catch(in_a_limit_with_a_base) == NULL);
        check_trace("b");
    }
}

static void masks(void)
{
    struct k3thread_exc exc;

    K3THREAD_TIMEOUT(0) {
        K3THREAD_SHIELD {
            k3thread_checkpoint();
            CHECK_EQUAL(k3thread_sleep(0), 0);
            CHECK(k3thread_pending());
        }
        K3THREAD_SHIELD_END
        note('s');
        k3thread_checkpoint();
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('t');
    }
    K3THREAD_END
    check_trace("st");
    k3thread_set_mask(K3THREAD_RETURN);
    K3THREAD_TIMEOUT(SOON) {
        CHECK_EQUAL(k3thread_sleep(-1), -ECANCELED);
        CHECK_EQUAL(k3thread_sleep(0), -ECANCELED);
        CHECK(k3thread_take(&exc));
        CHECK(exc.type == &k3thread_TimeoutError);
        CHECK(!k3thread_pending());
        CHECK_EQUAL(k3thread_sleep(0), 0); /* a limit passes only once */
    }
    K3THREAD_END
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    K3THREAD_TIMEOUT(0) {
        k3thread_checkpoint();
        note('c');
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('t');
    }
    K3THREAD_END
    check_trace("ct");
}

/* A limit only holds for the body: handlers and FINALLY have only the limits of outer scopes. */
static void handlers_are_free(void)
{
    K3THREAD_TIMEOUT(SOON) {
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        CHECK_EQUAL(k3thread_sleep(2 * SOON), 0);
    }
    K3THREAD_FINALLY {
        CHECK_EQUAL(k3thread_sleep(2 * SOON), 0);
    }
    K3THREAD_END
    K3THREAD_TIMEOUT(4 * SOON) {
        K3THREAD_TIMEOUT(SOON) {
            sleep_for_ever();
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('i');
            sleep_for_ever();
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('o');
    }
    K3THREAD_END
    check_trace("ifo");
}

/* A limit that has passed takes no room of the exceptions that are raised. */
static void beside_a_full_queue(void)
{
    k3thread           *self = k3thread_self();
    struct k3thread_exc exc;

    k3thread_set_mask(K3THREAD_RETURN);
    K3THREAD_TIMEOUT(0) {
        CHECK(k3thread_pending());
        for (int i = 0; i < K3THREAD_QUEUE_MAX; i++)
            CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), 0);
        CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), K3THREAD_SEND_RAISE_ERROR);
        while (k3thread_take(&exc)) {
        }
    }
    K3THREAD_END
}

TEST_MAIN({"full-queue", beside_a_full_queue}, {"each-its-own", each_its_own},
          {"not-swallowed", not_swallowed}, {"end-of-body", end_of_body},
          {"in-cleanup", in_a_cleanup}, {"withdrawn", withdrawn},
          {"event-loop", seen_by_an_event_loop}, {"at-the-moment", at_the_very_moment},
          {"beside-a-raise", beside_a_raise}, {"around-a-raise", around_a_raise},
          {"not-mistaken", not_mistaken}, {"masks", masks}, {"handlers", handlers_are_free})
