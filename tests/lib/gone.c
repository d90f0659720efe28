/* What is left of threads that have gone: nothing; and what code meets that runs in them so late. */
#include "test.h"

#include <malloc.h>
#include <stdatomic.h>

enum { MANY = 200, LEAST = 100 /* bytes of a record */ };

static void *give_back(void *arg)
{
    return arg;
}

static void start(k3thread_target target, size_t stack_size)
{
    const struct k3thread_options options = {.stack_size = stack_size};

    CHECK_EQUAL(k3thread_start(NULL, target, NULL, &options), 0);
}

/* Until the caller is alone, of those that the library knows. */
static void await_ends(void)
{
    WAIT_FOR(k3thread_list(NULL, 0) == 1);
}

/* 0 where it is not known: sanitizers and valgrind have a malloc of their own, and look themselves. */
static size_t allocated(void)
{
    return test_many(1, 0) == 1 ? mallinfo2().uordblks : 0;
}

/* What the C library keeps for good is there after the first thread. */
static void records(void)
{
    size_t before;

    start(give_back, 0);
    await_ends();
    before = allocated();
    for (int i = 0; i < MANY; i++) {
        start(give_back, 0);
        await_ends();
    }
    WAIT_FOR(allocated() <= before + (size_t) MANY * LEAST);
}

static void *end_with_pending(void *arg)
{
    for (int i = 0; i < K3THREAD_QUEUE_MAX; i++)
        CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    return arg;
}

static void queues(void)
{
    size_t before;

    start(end_with_pending, 0);
    await_ends();
    before = allocated();
    for (int i = 0; i < 20; i++) {
        start(end_with_pending, 0);
        await_ends();
    }
    WAIT_FOR(allocated() <= before + (size_t) (20 * K3THREAD_QUEUE_MAX / 2 * LEAST));
}

/* Each that ends sees to the one before. */
static void stacks(void)
{
    size_t before;

    start(give_back, 0);
    await_ends();
    before = test_address_space();
    start(give_back, TEST_HUGE_STACK);
    await_ends();
    start(give_back, 0);
    WAIT_FOR(test_address_space() < before + TEST_HUGE_STACK / 2);
}

static atomic_bool may_end;

static void *end_when_told(void *arg)
{
    WAIT_FOR(may_end);
    return arg;
}

/* A joiner that has gone away is not waited for. */
static void stack_after_a_timeout(void)
{
    const struct k3thread_options huge = {.stack_size = TEST_HUGE_STACK};
    const size_t                  before = test_address_space();
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, end_when_told, NULL, &huge), 0);
    CHECK_EQUAL(k3thread_join(t, 0.001, NULL), -ETIMEDOUT);
    k3thread_unref(t);
    may_end = true;
    await_ends();
    start(give_back, 0);
    WAIT_FOR(test_address_space() < before + TEST_HUGE_STACK / 2);
}

/* Code that runs in a thread when its k3thread has ended. */
static pthread_key_t late;
static atomic_bool   late_is_over;

/* A checkpoint there does nothing; what needs a k3thread gets a new one. */
static void run_late(void *arg)
{
    const size_t live = k3thread_list(NULL, 0);

    (void) arg;
    k3thread_checkpoint();
    CHECK_EQUAL(k3thread_list(NULL, 0), live);
    CHECK(strncmp(k3thread_get_name(k3thread_self()), "Dummy-", 6) == 0);
    CHECK(k3thread_is_alive(k3thread_self()));
    CHECK_EQUAL(k3thread_list(NULL, 0), live + 1);
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
    late_is_over = true;
}

static void *end_late(void *arg)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    CHECK_EQUAL(pthread_setspecific(late, &late), 0);
    return arg;
}

/* The library's own key is the first, and is cleaned up first. */
static void late_code(void)
{
    pthread_t foreign;

    (void) k3thread_self();
    CHECK_EQUAL(pthread_key_create(&late, run_late), 0);
    start(end_late, 0);
    WAIT_FOR(late_is_over);
    await_ends();
    late_is_over = false;
    CHECK_EQUAL(pthread_create(&foreign, NULL, end_late, NULL), 0);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
    CHECK(late_is_over);
    await_ends();
}

static void join_child(pid_t pid)
{
    int status;

    CHECK(pid > 0);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void end_all_others(void)
{
    static k3thread *threads[MANY + 1];
    const size_t     live = k3thread_list(threads, MANY + 1);

    for (size_t i = 0; i < live; i++) {
        if (threads[i] != k3thread_self())
            CHECK_EQUAL(k3thread_send_exception(threads[i], &k3thread_SystemExit), 0);
        k3thread_unref(threads[i]);
    }
    await_ends();
}

/* In the child nothing holds the records of the parent's threads. */
static void records_in_a_child(void)
{
    size_t before;
    pid_t  pid;

    for (int i = 0; i < MANY; i++)
        start(sleep_for_ever, 1);
    before = allocated();
    pid = fork();
    if (pid == 0) {
        CHECK(before == 0 || allocated() + (size_t) MANY * LEAST < before);
        _exit(0);
    }
    join_child(pid);
    end_all_others();
}

static _Atomic(k3thread *) forking;
static atomic_size_t       in_child;

static void *see_it_go(void *arg)
{
    WAIT_FOR(!k3thread_is_alive(forking));
    start(give_back, 0);
    WAIT_FOR(test_address_space() < in_child - TEST_HUGE_STACK / 2);
    return arg;
}

/* main waits to join it, which it does not in the child. */
static void *fork_when_claimed(void *arg)
{
    pid_t pid;

    WAIT_FOR(forking != NULL && test_state(getpid()) == 'S');
    pid = fork();
    if (pid != 0) {
        join_child(pid);
        return arg;
    }
    alarm(TEST_DEADLINE);
    in_child = test_address_space();
    start(see_it_go, 0);
    return arg;
}

static void stack_in_a_child(void)
{
    const struct k3thread_options huge = {.stack_size = TEST_HUGE_STACK};
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, fork_when_claimed, NULL, &huge), 0);
    forking = t;
    CHECK(test_end(t) == NULL);
}

TEST_MAIN({"records", records}, {"queues", queues}, {"stacks", stacks},
          {"stack-after-a-timeout", stack_after_a_timeout}, {"late-code", late_code},
          {"records-in-a-child", records_in_a_child}, {"stack-in-a-child", stack_in_a_child})
