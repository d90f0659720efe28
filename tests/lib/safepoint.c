/* Tests safepoints, which stop a loop that calls nothing. See rules.mk for the flags. */
#include "test.h"

#include <stdatomic.h>

static atomic_bool       running;
static volatile unsigned turns;
static volatile unsigned never_zero = 1;

static void *for_loop(void *arg)
{
    running = true;
    for (;;)
        turns++;
    return arg;
}

static void *do_loop(void *arg)
{
    running = true;
    do
        turns += 2;
    while (never_zero != 0);
    return arg;
}

static void *goto_loop(void *arg)
{
    running = true;
again:
    if (turns % 2 == 0)
        turns++;
    else
        turns += never_zero;
    goto again;
    return arg;
}

static const k3thread_target spins[3] = {for_loop, do_loop, goto_loop};

static void busy_loops_are_stopped(void)
{
    k3thread *t;

    for (int i = 0; i < 3; i++) {
        running = false;
        t = test_start(spins[i], NULL);
        WAIT_FOR(running);
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
        CHECK(test_end(t) == &k3thread_SystemExit);
    }
}

static void *spin_masked(void *arg)
{
    k3thread_set_mask(*(enum k3thread_mask *) arg);
    running = true;
    while (!k3thread_pending())
        turns++;
    for (int i = 0; i < 1000; i++)
        turns++;
    (void) k3thread_take(NULL);
    return arg;
}

/* Safepoints are checkpoints: they throw only with the mask IMMEDIATE. */
static void masks_hold(void)
{
    static enum k3thread_mask masks[] = {K3THREAD_ON_BLOCKING, K3THREAD_NEVER, K3THREAD_RETURN};
    k3thread                 *t;

    for (int i = 0; i < 3; i++) {
        running = false;
        t = test_start(spin_masked, &masks[i]);
        WAIT_FOR(running);
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
        CHECK(test_end(t) == NULL);
    }
}

static void *catch_in_loop(void *arg)
{
    volatile unsigned caught = 0;

    k3thread_set_mask(K3THREAD_NEVER);
    running = true;
    while (caught < 3) {
        K3THREAD_TRY {
            k3thread_set_mask(K3THREAD_IMMEDIATE);
            for (;;)
                turns++;
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            caught++;
        }
        K3THREAD_END
    }
    return arg;
}

static void caught_in_the_loop(void)
{
    k3thread *t = test_start(catch_in_loop, NULL);

    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK(test_end(t) == NULL);
}

static atomic_uint seen;

static void *catch_at_top(void *arg)
{
    K3THREAD_TRY {
        for (;;)
            turns++;
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        seen++;
    }
    K3THREAD_END
    return arg;
}

/* The edges before the TRY is entered do not throw an exception that was raised before. */
static void before_the_target(void)
{
    const unsigned rounds = test_many(2000, 200);
    k3thread      *t;

    for (unsigned i = 0; i < rounds; i++) {
        t = test_start(catch_at_top, NULL);
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
        CHECK(test_end(t) == NULL);
    }
    CHECK_EQUAL(seen, rounds);
}

static atomic_uint cleaned;

static void clean(const int *variable)
{
    (void) variable;
    cleaned++;
}

/* Calls nothing, so that a compiler may assume that it cannot throw. */
static __attribute__((noinline)) unsigned compute(const volatile unsigned *number)
{
    unsigned sum = 0;

    do
        sum += *number;
    while (*number != 0);
    return sum;
}

/* Computes the sum without a pointer, but with a checkpoint. */
static __attribute__((noinline)) unsigned compute_and_ask(void)
{
    while (never_zero != 0) {
        k3thread_checkpoint();
        turns++;
    }
    return turns;
}

static __attribute__((noinline)) unsigned call(const volatile unsigned *number)
{
    const int variable __attribute__((cleanup(clean), unused)) = 0;

    running = true;
    return (number != NULL ? compute(number) : compute_and_ask()) + 1;
}

static void *catch_around(void *arg)
{
    K3THREAD_TRY {
        turns = call(arg);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        seen++;
    }
    K3THREAD_END
    return arg;
}

/* clang does not keep the clean-ups of callers when it optimises, as k3thread_safepoint(3) says. */
#if defined __clang__ && defined __OPTIMIZE__
#define KEEPS_CLEANUPS 0
#else
#define KEEPS_CLEANUPS 1
#endif

static void stop_call(unsigned *number)
{
    k3thread *t;

    running = false;
    seen = cleaned = 0;
    t = test_start(catch_around, number);
    WAIT_FOR(running);
    test_pause(); /* by now the thread is most likely in the called function */
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(seen, 1);
}

static void callers_are_cleaned_up(void)
{
    unsigned number = 1;

    stop_call(&number);
    CHECK(cleaned == 1 || !KEEPS_CLEANUPS);
    stop_call(NULL);
    CHECK_EQUAL(cleaned, 1);
}

TEST_MAIN({"callers", callers_are_cleaned_up}, {"busy", busy_loops_are_stopped},
          {"masks", masks_hold}, {"caught", caught_in_the_loop},
          {"before-target", before_the_target})
