/* Tests the wake signal: which signals are legal, and foreign threads, whose word only the signal's handler sets. */
#include "test.h"

#include <stdatomic.h>

static atomic_int  caught, others;
static atomic_bool may_go, ready;

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void wake_one(void)
{
    k3thread *t = test_start(sleep_for_ever, NULL);

    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
}

static void is_kept(void)
{
    CHECK_EQUAL(k3thread_wake_signal(), SIGSTKFLT);
    wake_one();
    CHECK_EQUAL(k3thread_set_wake_signal(SIGSTKFLT), 0); /* unchanged */
    CHECK_EQUAL(k3thread_set_wake_signal(SIGUSR2), -EBUSY);
    CHECK_EQUAL(k3thread_wake_signal(), SIGSTKFLT);
}

static void is_set(void)
{
    CHECK_EQUAL(k3thread_set_wake_signal(1), 0); /* the lowest */
    CHECK_EQUAL(k3thread_wake_signal(), 1);
    CHECK_EQUAL(k3thread_set_wake_signal(SIGUSR2), 0);
    CHECK_EQUAL(k3thread_set_wake_signal(SIGURG), 0); /* the library is not in use yet */
    CHECK_EQUAL(k3thread_wake_signal(), SIGURG);
    wake_one();
}

static void is_real_time(void)
{
    /* Not the last one, which valgrind needs for itself. */
    CHECK_EQUAL(k3thread_set_wake_signal(SIGRTMAX - 1), 0);
    wake_one();
}

static void is_illegal(void)
{
    static const int illegal[] = {-1,     0,       SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL,
                                  SIGFPE, SIGTRAP, SIGABRT, 32,      33,      65,     1000};

    errno = 77;
    for (size_t i = 0; i < sizeof(illegal) / sizeof(*illegal); i++)
        CHECK_EQUAL(k3thread_set_wake_signal(illegal[i]), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(errno, 77);
    CHECK_EQUAL(k3thread_wake_signal(), SIGSTKFLT);
    wake_one();
}

/* The program's own handler for the signal is still called. */

static void count(int number)
{
    CHECK_EQUAL(number, SIGURG);
    others++;
}

static void count_with_info(int number, siginfo_t *info, void *context)
{
    CHECK(info->si_signo == number && context != NULL);
    count(number);
}

static void was_for_another(void)
{
    const struct sigaction action = {.sa_handler = count};

    CHECK_EQUAL(sigaction(SIGURG, &action, NULL), 0);
    CHECK_EQUAL(k3thread_set_wake_signal(SIGURG), 0);
    wake_one();
    others = 0;
    CHECK_EQUAL(raise(SIGURG), 0);
    CHECK_EQUAL(others, 1);
}

static void was_for_another_with_info(void)
{
    const struct sigaction action = {.sa_sigaction = count_with_info, .sa_flags = SA_SIGINFO};

    CHECK_EQUAL(sigaction(SIGURG, &action, NULL), 0);
    CHECK_EQUAL(k3thread_set_wake_signal(SIGURG), 0);
    wake_one();
    others = 0;
    CHECK_EQUAL(raise(SIGURG), 0);
    CHECK_EQUAL(others, 1);
}

/* Threads that the library did not start */

static _Atomic(k3thread *) foreign;

static void run_foreign(k3thread_target target)
{
    pthread_t thread;

    caught = 0;
    may_go = ready = false;
    foreign = NULL;
    CHECK_EQUAL(pthread_create(&thread, NULL, target, NULL), 0);
    WAIT_FOR(foreign != NULL);
    CHECK_EQUAL(k3thread_send_exception(foreign, &k3thread_KeyError), 0);
    may_go = true;
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(caught, 1);
    k3thread_unref(foreign);
}

static void *compute(void *arg)
{
    K3THREAD_TRY {
        foreign = k3thread_ref(k3thread_self());
        for (;;)
            k3thread_checkpoint();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        caught++;
    }
    K3THREAD_END
    return arg;
}

/* Opens the mask while an exception is pending, for which only the signal's handler has set the word. */
static void *open_a_mask(void *arg)
{
    K3THREAD_TRY {
        k3thread_set_mask(K3THREAD_NEVER);
        foreign = k3thread_ref(k3thread_self());
        WAIT_FOR(may_go);
        CHECK(k3thread_pending());
        k3thread_set_mask(K3THREAD_IMMEDIATE);
        CHECK(false);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        caught++;
    }
    K3THREAD_END
    return arg;
}

static void *wait_blocked(void *arg)
{
    K3THREAD_TRY {
        foreign = k3thread_ref(k3thread_self());
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        caught++;
    }
    K3THREAD_END
    return arg;
}

static void foreign_threads(void)
{
    (void) k3thread_self();
    run_foreign(compute);
    run_foreign(open_a_mask);
    run_foreign(wait_blocked);
}

/* A thread is adopted in a destructor of its thread-specific data. */
static pthread_key_t key;

static void raise_and_wait(k3thread_target target)
{
    k3thread *t;

    foreign = NULL;
    caught = 0;
    CHECK(target(NULL) == NULL);
    CHECK_EQUAL(caught, 1);
    t = foreign;
    k3thread_unref(t);
}

static void wait_in_destructor(void *arg)
{
    (void) arg;
    raise_and_wait(wait_blocked);
    raise_and_wait(compute);
    ready = true;
}

static void *set_key(void *arg)
{
    CHECK_EQUAL(pthread_setspecific(key, &key), 0);
    return arg;
}

static void adopted_late(void)
{
    pthread_t thread;
    k3thread *t;

    (void) k3thread_self();
    CHECK_EQUAL(pthread_key_create(&key, wait_in_destructor), 0);
    CHECK_EQUAL(pthread_create(&thread, NULL, set_key, NULL), 0);
    WAIT_FOR((t = k3thread_find_id(2)) != NULL);
    while (!ready) { /* each raise between the two targets waits for the second */
        if (foreign != NULL && caught == 0)
            (void) k3thread_send_exception(t, &k3thread_KeyError);
        test_pause();
    }
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    k3thread_unref(t);
}

TEST_MAIN({"kept", is_kept}, {"set", is_set}, {"real-time", is_real_time}, {"illegal", is_illegal},
          {"chained", was_for_another}, {"chained-with-info", was_for_another_with_info},
          {"foreign", foreign_threads}, {"adopted-late", adopted_late})
