// Tests safepoints in C++. There an exception from a place that the compiler expects not to throw would
// end the program, like an exception that leaves a noexcept function. See rules.mk for the flags.
#include "test.h"

#include <atomic>

namespace
{
std::atomic<bool> running;
volatile unsigned turns;
std::atomic<int>  destroyed;

struct Guard {
    Guard() = default;
    Guard(const Guard &) = delete;
    Guard &operator=(const Guard &) = delete;
    ~Guard()
    {
        destroyed++;
    }
};

// The call gives the function a landing pad. The loop has none, and the guard beside it is not
// destroyed.
__attribute__((noinline)) void spin()
{
    Guard guard;

    (void) k3thread_sleep(0);
    running = true;
    for (;;)
        turns++;
}

void *spin_guarded(void *arg)
{
    Guard guard;

    spin();
    return arg;
}

void a_busy_loop_is_stopped()
{
    k3thread *t = test_start(spin_guarded, NULL);

    WAIT_FOR(running);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
    CHECK_EQUAL(destroyed, 1);
}

void *catch_in_loop(void *arg)
{
    K3THREAD_TRY {
        Guard guard;

        (void) k3thread_sleep(0);
        running = true;
        for (;;)
            turns++;
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        turns = 0;
    } K3THREAD_END
    return arg;
}

void caught_in_the_loop()
{
    k3thread *t = test_start(catch_in_loop, NULL);

    WAIT_FOR(running);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(turns, 0);
}

void *throw_on(void *arg)
{
    Guard guard;

    K3THREAD_TRY {
        running = true;
        for (;;)
            turns++;
    } K3THREAD_FINALLY {
        turns = 0;
    } K3THREAD_END
    return arg;
}

// END throws the exception on as a call, not at an edge: the objects around it are destroyed.
void thrown_on_by_end()
{
    k3thread *t = test_start(throw_on, NULL);

    WAIT_FOR(running);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
    CHECK_EQUAL(turns, 0);
    CHECK_EQUAL(destroyed, 1);
}

__attribute__((noinline)) unsigned compute(const volatile unsigned *number)
{
    unsigned sum = 0;

    do
        sum += *number;
    while (sum != 0 || *number == 0);
    return sum;
}

__attribute__((noinline)) unsigned call_compute()
{
    Guard guard;
    volatile unsigned one = 2;

    running = true;
    for (;;)
        (void) compute(&one);
    return one;
}

void *catch_around(void *arg)
{
    K3THREAD_TRY {
        turns = call_compute();
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        turns = 0;
    } K3THREAD_END
    return arg;
}

// An exception in a function that calls nothing does not end the program in the caller. The objects of
// the caller are destroyed if the exception comes inside that function.
void callers_survive()
{
    k3thread *t = test_start(catch_around, NULL);

    WAIT_FOR(running);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(turns, 0);
    CHECK(destroyed <= 1);
}
} // namespace

TEST_MAIN({"callers", callers_survive}, {"busy", a_busy_loop_is_stopped}, {"caught", caught_in_the_loop},
          {"thrown-on", thrown_on_by_end})
