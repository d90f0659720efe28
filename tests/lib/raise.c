/* Tests raises from outside: before the target, in waits, handlers and foreign calls, and after the end. */
#include "test.h"

#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int reached, caught;

static void raise_in(k3thread *t)
{
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyboardInterrupt), 0);
}

static atomic_bool called;

static void *note_call(void *arg)
{
    called = true;
    return arg;
}

/* A raise during "after", at once or when the thread waits, keeps the thread from ever calling the target. */
static void during_after(void)
{
    const struct k3thread_options options = {.after = 3600};
    k3thread                     *t;

    for (int i = 0; i < 200; i++) {
        CHECK_EQUAL(k3thread_start(&t, note_call, NULL, &options), 0);
        if (i % 2 != 0)
            test_wait_asleep(t);
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
        CHECK(test_end(t) == &k3thread_SystemExit);
    }
    CHECK(!called);
}

static void *catch_at_top(void *arg)
{
    atomic_fetch_add(&reached, 1);
    K3THREAD_TRY {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        atomic_fetch_add(&caught, 1);
    }
    K3THREAD_END
    return arg;
}

/* A TRY at the top of the target catches a raise that came before. */
static void before_the_target(void)
{
    const unsigned rounds = test_many(3000, 300);
    k3thread      *t;

    for (unsigned i = 0; i < rounds; i++) {
        t = test_start(catch_at_top, NULL);
        raise_in(t);
        CHECK(test_end(t) == NULL);
    }
    CHECK_EQUAL(reached, rounds);
    CHECK_EQUAL(caught, rounds);
}

static void *masked_for_long(void *arg)
{
    k3thread_set_mask(K3THREAD_NEVER);
    reached = 1;
    WAIT_FOR(k3thread_pending());
    K3THREAD_TRY {
        k3thread_set_mask(K3THREAD_IMMEDIATE);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        caught = 1;
    }
    K3THREAD_END
    return arg;
}

static void into_a_masked_thread(void)
{
    k3thread *t = test_start(masked_for_long, NULL);

    WAIT_FOR(reached == 1);
    raise_in(t);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(caught, 1);
}

/* Reads by a call that is not the library's, and that a signal would end. */
static void *read_masked(void *arg)
{
    char byte;

    k3thread_set_mask(K3THREAD_NEVER);
    reached = 1;
    CHECK_EQUAL(read(*(const int *) arg, &byte, 1), 1);
    CHECK(k3thread_pending());
    return arg;
}

/* A raise does not end a call of a thread whose mask is NEVER. */
static void beside_a_masked_call(void)
{
    int       ends[2];
    k3thread *t;

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    t = test_start(read_masked, &ends[0]);
    WAIT_FOR(reached == 1);
    test_wait_asleep(t);
    raise_in(t);
    test_wait_asleep(t); /* a signal would have woken it, and would be seen before the byte */
    CHECK_EQUAL(write(ends[1], "x", 1), 1);
    CHECK(test_end(t) == NULL);
}

static void *wait_in_handler(void *arg)
{
    K3THREAD_TRY {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_FINALLY {
        reached = 1;
        (void) k3thread_sleep(0.01);
        reached = 2;
    }
    K3THREAD_END
    return arg;
}

static void into_a_handler(void)
{
    k3thread *t = test_start(wait_in_handler, NULL);

    raise_in(t);
    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    WAIT_FOR(reached >= 1);
    (void) k3thread_send_exception(t, &k3thread_KeyError); /* waits for the end of FINALLY */
    (void) test_end(t);
    CHECK_EQUAL(reached, 2);
}

static int pipe_ends[2];

/* Makes a call that is not the library's. The call fails with EINTR, and the next checkpoint throws. */
static void *read_foreign(void *arg)
{
    char byte;

    K3THREAD_TRY {
        CHECK(read(pipe_ends[0], &byte, 1) == -1 && errno == EINTR);
        reached = 1;
        k3thread_checkpoint();
        reached = 2;
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        caught = 1;
    }
    K3THREAD_END
    return arg;
}

static void into_a_foreign_call(void)
{
    k3thread *t;

    CHECK_EQUAL(pipe(pipe_ends), 0);
    t = test_start(read_foreign, NULL);
    test_wait_asleep(t);
    raise_in(t);
    CHECK(test_end(t) == NULL);
    CHECK(reached == 1 && caught == 1);
}

static void *churn(void *arg)
{
    K3THREAD_TRY {
        for (;;) {
            free(malloc(100));
            reached = 1;
            k3thread_checkpoint();
        }
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
    }
    K3THREAD_END
    return arg;
}

/* Nothing is thrown out of malloc, whose lock would stay locked. */
static void never_out_of_malloc(void)
{
    const unsigned rounds = test_many(2000, 200);
    k3thread      *t;

    for (unsigned i = 0; i < rounds; i++) {
        reached = 0;
        t = test_start(churn, NULL);
        if (i % 4 == 0)
            WAIT_FOR(reached == 1);
        raise_in(t);
        CHECK(test_end(t) == NULL);
    }
}

static atomic_int handler_at;

static void linger(int number)
{
    const int saved = errno;

    (void) number;
    handler_at = 1;
    while (caught == 0) /* the raise comes while this handler runs */
        test_pause();
    handler_at = 2;
    errno = saved;
}

static void *read_with_handler(void *arg)
{
    char byte;

    K3THREAD_TRY {
        (void) k3thread_read(pipe_ends[0], &byte, 1);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        CHECK_EQUAL(handler_at, 2);
    }
    K3THREAD_END
    return arg;
}

/*
 * Raises while a signal handler of the program, installed with FLAGS, interrupts a wait. AGAIN: the handler's
 * signal comes once more meanwhile.
 */
static void during_a_handler(int flags, bool again)
{
    struct sigaction action = {.sa_handler = linger, .sa_flags = flags};
    k3thread        *t;

    CHECK_EQUAL(pipe(pipe_ends), 0);
    CHECK_EQUAL(sigaction(SIGUSR1, &action, NULL), 0);
    t = test_start(read_with_handler, NULL);
    test_wait_asleep(t);
    CHECK_EQUAL(syscall(SYS_tgkill, getpid(), k3thread_get_tid(t), SIGUSR1), 0);
    WAIT_FOR(handler_at == 1);
    if (again)
        CHECK_EQUAL(syscall(SYS_tgkill, getpid(), k3thread_get_tid(t), SIGUSR1), 0);
    raise_in(t);
    caught = 1; /* the handler may go on */
    CHECK(test_end(t) == NULL);
}

static void during_a_signal_handler(void)
{
    during_a_handler(0, false);
}

static void during_a_restarting_handler(void)
{
    during_a_handler(SA_RESTART, false);
}

/* The handler's signal has come again, so the end of the handler lets it in beside the wake signal. */
static void during_restarting_handlers(void)
{
    during_a_handler(SA_RESTART, true);
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

/* A raise at any instant of a thread's end returns 0 or INVALID_THREAD_ID_ERROR. */
static void *end_soon(void *arg)
{
    for (volatile unsigned i = 0; i < *(unsigned *) arg; i++) {
    }
    return arg;
}

static void racing_the_end(void)
{
    const unsigned rounds = test_many(1000, 200);
    unsigned       spins, delivered = 0;
    k3thread      *t;
    int            error;

    for (unsigned i = 0; i < rounds; i++) {
        spins = i % 64 * 50;
        t = test_start(end_soon, &spins);
        do {
            error = k3thread_send_exception(t, &k3thread_SystemExit);
            delivered += error == 0;
            if (error == K3THREAD_SEND_RAISE_ERROR) /* the queue is full: let the thread run */
                sched_yield();
        } while (error == 0 || error == K3THREAD_SEND_RAISE_ERROR);
        CHECK_EQUAL(error, K3THREAD_INVALID_THREAD_ID_ERROR);
        error = k3thread_send_exception_id(k3thread_get_id(t), &k3thread_SystemExit);
        CHECK_EQUAL(error, K3THREAD_INVALID_THREAD_ID_ERROR);
        (void) test_end(t);
    }
    CHECK(delivered > 0);
}

static _Atomic(k3thread *) pair[2];
static atomic_bool         over;
static atomic_uint         sent[2], received[2];

/* The mask is open only inside the TRY: between two turns nothing would catch an exception. */
static void raise_and_receive(k3thread *other, unsigned self)
{
    K3THREAD_TRY {
        k3thread_set_mask(K3THREAD_IMMEDIATE);
        sent[self] += k3thread_send_exception(other, &k3thread_KeyError) == 0;
        (void) k3thread_sleep(0);
        k3thread_set_mask(K3THREAD_NEVER);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        received[self]++;
    }
    K3THREAD_END
}

static void *raise_at_each_other(void *arg)
{
    const unsigned self = *(unsigned *) arg;

    k3thread_set_mask(K3THREAD_NEVER);
    atomic_fetch_add(&reached, 1);
    WAIT_FOR(pair[1 - self] != NULL && reached == 2); /* before, a raise could end a thread */
    while (!over)
        raise_and_receive(pair[1 - self], self);
    return arg;
}

static void at_each_other(void)
{
    static unsigned index[] = {0, 1};

    k3thread_set_mask(K3THREAD_NEVER);
    for (int i = 0; i < 2; i++)
        pair[i] = test_start(raise_at_each_other, &index[i]);
    CHECK_EQUAL(k3thread_sleep(1), 0);
    over = true;
    for (int i = 0; i < 2; i++)
        (void) k3thread_join(pair[i], -1, NULL);
    for (int i = 0; i < 2; i++) {
        k3thread_unref(pair[i]);
        CHECK(sent[i] > 100 && received[i] > 100);
        CHECK(received[i] <= sent[1 - i] && sent[1 - i] - received[i] <= K3THREAD_QUEUE_MAX);
    }
    printf("sent %u and %u, received %u and %u\n", sent[0], sent[1], received[0], received[1]);
}

/* Threads that the library did not start. */

static _Atomic(k3thread *) adopted;

static void *be_adopted(void *arg)
{
    char name[32];

    snprintf(name, sizeof(name), "Dummy-%llu",
             (unsigned long long) k3thread_get_id(k3thread_self()));
    CHECK_TEXT(k3thread_get_name(k3thread_self()), name);
    CHECK_EQUAL(k3thread_get_tid(k3thread_self()), gettid());
    adopted = k3thread_ref(k3thread_self());
    K3THREAD_TRY {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        caught = 1;
    }
    K3THREAD_END
    return arg;
}

static void foreign_thread(void)
{
    pthread_t thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, be_adopted, NULL), 0);
    WAIT_FOR(adopted != NULL);
    CHECK(k3thread_is_alive(adopted));
    raise_in(adopted);
    CHECK_EQUAL(k3thread_join(adopted, -1, NULL), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(caught, 1);
    CHECK(!k3thread_is_alive(adopted));
    CHECK_EQUAL(k3thread_send_exception(adopted, &k3thread_KeyError),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    k3thread_unref(adopted);
}

static void *uncaught(void *arg)
{
    adopted = k3thread_ref(k3thread_self());
    k3thread_throw(&k3thread_SystemExit, NULL);
    return arg;
}

static void foreign_thread_ends(void)
{
    struct k3thread_result result;
    pthread_t              thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, uncaught, NULL), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(k3thread_join(adopted, -1, &result), 0);
    CHECK(result.exception == &k3thread_SystemExit);
    k3thread_unref(adopted);
}

/* Waits, by the first call of the library that the thread makes. */
static void *wait_at_once(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void foreign_thread_waits(void)
{
    struct k3thread_result result;
    k3thread              *threads[2];
    pthread_t              thread;

    k3thread_self();
    CHECK_EQUAL(pthread_create(&thread, NULL, wait_at_once, NULL), 0);
    WAIT_FOR(k3thread_list(NULL, 0) == 2);
    CHECK_EQUAL(k3thread_list(threads, 2), 2);
    CHECK_EQUAL(k3thread_send_exception(threads[1], &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_join(threads[1], -1, &result), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(result.exception == &k3thread_SystemExit);
    k3thread_unref(threads[0]);
    k3thread_unref(threads[1]);
}

static void *interrupt_main(void *arg)
{
    test_wait_asleep(arg);
    raise_in(arg);
    return arg;
}

static void main_thread(void)
{
    k3thread *self = k3thread_self(), *found = k3thread_find("MainThread"), *t;

    CHECK(found == self);
    k3thread_unref(found);
    CHECK_TEXT(k3thread_get_name(self), "MainThread");
    CHECK(!k3thread_is_daemon(self) && k3thread_is_alive(self));
    CHECK_EQUAL(k3thread_get_id(self), 1);
    t = test_start(interrupt_main, self);
    K3THREAD_TRY {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        CHECK_EQUAL(e->sender, k3thread_get_id(t));
        caught = 1;
    }
    K3THREAD_END
    CHECK_EQUAL(caught, 1);
    CHECK(test_end(t) == NULL);
}

/* A raise returns at once, also if the thread's mask is NEVER. */
static void *spin_masked(void *arg)
{
    k3thread_set_mask(K3THREAD_NEVER);
    reached = 1;
    while (!over)
        test_pause();
    return arg;
}

static void returns_at_once(void)
{
    k3thread *t = test_start(spin_masked, NULL);
    double    begin;

    WAIT_FOR(reached == 1);
    begin = test_now();
    for (int i = 0; i < K3THREAD_QUEUE_MAX; i++)
        raise_in(t);
    CHECK(test_now() - begin < 5);
    over = true;
    CHECK(test_end(t) == NULL);
    t = test_start(sleep_for_ever, NULL);
    raise_in(t);
    CHECK(test_end(t) == &k3thread_KeyboardInterrupt);
}

TEST_MAIN({"after", during_after}, {"before-target", before_the_target},
          {"masked", into_a_masked_thread}, {"masked-call", beside_a_masked_call},
          {"handler", into_a_handler}, {"foreign-call", into_a_foreign_call},
          {"malloc", never_out_of_malloc}, {"signal-handler", during_a_signal_handler},
          {"restarting-handlers", during_restarting_handlers},
          {"restarting-handler", during_a_restarting_handler}, {"race-end", racing_the_end},
          {"each-other", at_each_other}, {"adopted", foreign_thread},
          {"adopted-ends", foreign_thread_ends}, {"adopted-waits", foreign_thread_waits},
          {"main-thread", main_thread}, {"at-once", returns_at_once})
