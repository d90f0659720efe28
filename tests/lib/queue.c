/* Tests the queue of a thread: its order, a full queue, taking, and the errors of sending. */
#include "test.h"

#include <stdatomic.h>
#include <sys/resource.h>

K3THREAD_DEFINE_EXCEPTION(Numbered, k3thread_Exception);

static void raise_numbered(k3thread *t, int number)
{
    CHECK_EQUAL(k3thread_send_exceptionf(t, &Numbered, "%d", number), 0);
}

static void in_order(void)
{
    volatile int next = 0;

    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    for (int i = 0; i < K3THREAD_QUEUE_MAX; i++)
        raise_numbered(k3thread_self(), i);
    while (k3thread_pending()) {
        K3THREAD_TRY {
            k3thread_set_mask(K3THREAD_IMMEDIATE);
        }
        K3THREAD_EXCEPT(Numbered, e) {
            CHECK_EQUAL(atoi(e->message), next);
            next++;
        }
        K3THREAD_END
    }
    CHECK_EQUAL(next, K3THREAD_QUEUE_MAX);
}

static void overflow(void)
{
    struct k3thread_exc exc;
    k3thread           *self = k3thread_self();

    k3thread_set_mask(K3THREAD_NEVER);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < K3THREAD_QUEUE_MAX; i++)
            raise_numbered(self, i);
        CHECK_EQUAL(k3thread_send_exception(self, &Numbered), K3THREAD_SEND_RAISE_ERROR);
        CHECK_EQUAL(k3thread_send_exception_id(k3thread_get_id(self), &Numbered),
                    K3THREAD_SEND_RAISE_ERROR);
        for (int i = 0; i < K3THREAD_QUEUE_MAX; i++) {
            CHECK(k3thread_take(&exc));
            CHECK_EQUAL(atoi(exc.message), i);
        }
        CHECK(!k3thread_take(&exc));
    }
}

static void take(void)
{
    struct k3thread_exc exc = {.type = &k3thread_KeyError, .message = "untouched", .sender = 99};
    k3thread           *self = k3thread_self();

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK(!k3thread_pending() && !k3thread_take(&exc) && !k3thread_take(NULL));
    CHECK(exc.type == &k3thread_KeyError && exc.sender == 99);
    CHECK_TEXT(exc.message, "untouched");
    raise_numbered(self, 1);
    raise_numbered(self, 2);
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_SystemExit), 0);
    CHECK(k3thread_pending() && k3thread_take(&exc));
    CHECK(exc.type == &Numbered && exc.sender == k3thread_get_id(self));
    CHECK_TEXT(exc.message, "1");
    CHECK(k3thread_take(NULL) && k3thread_take(&exc));
    CHECK(exc.type == &k3thread_SystemExit);
    CHECK_TEXT(exc.message, "");
    CHECK(!k3thread_pending());
    k3thread_set_mask(K3THREAD_IMMEDIATE); /* nothing is left to be thrown */
    k3thread_checkpoint();
}

static void *take_one(void *arg)
{
    struct k3thread_exc exc;

    k3thread_set_mask(K3THREAD_RETURN);
    CHECK_EQUAL(k3thread_sleep(-1), -ECANCELED);
    CHECK(k3thread_take(&exc));
    CHECK_EQUAL(exc.sender, *(k3thread_id *) arg);
    CHECK_TEXT(exc.message, "from 7");
    return arg;
}

static void sender(void)
{
    k3thread_id id = k3thread_get_id(k3thread_self());
    k3thread   *t = test_start(take_one, &id);

    CHECK_EQUAL(k3thread_send_exceptionf(t, &k3thread_Exception, "from %d", 7), 0);
    CHECK(test_end(t) == NULL);
}

static void self_raise(void)
{
    raise_numbered(k3thread_self(), 1); /* it is not thrown here */
    CHECK(k3thread_pending());
    CHECK(test_catch(k3thread_checkpoint) == &Numbered);
}

static void *give_back(void *arg)
{
    return arg;
}

static void send_errors(void)
{
    static const k3thread_exctype foreign = {"Foreign", NULL};
    k3thread                     *self = k3thread_self();
    k3thread_id                   id = k3thread_get_id(self);
    k3thread                     *ended = test_start(give_back, NULL);

    CHECK_EQUAL(k3thread_send_exception(NULL, &Numbered), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_send_exceptionf(NULL, &Numbered, "x"), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_send_exception(self, NULL), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_send_exception_id(id, NULL), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_send_exception(self, &foreign), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_send_exceptionf(self, &foreign, "x"), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_send_exception_id(id, &foreign), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_send_exception_id(0, &Numbered), K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_EQUAL(k3thread_send_exception_id(999999, &Numbered), K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_EQUAL(k3thread_join(ended, -1, NULL), 0);
    CHECK_EQUAL(k3thread_send_exception(ended, &Numbered), K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_EQUAL(k3thread_send_exception_id(k3thread_get_id(ended), &Numbered),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    k3thread_unref(ended);
    CHECK(!k3thread_pending());
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

/* A raise wakes its thread also when the user's queue of signals, which any process can fill, is full. */
static void full_signal_queue(void)
{
    k3thread     *t = test_start(sleep_for_ever, NULL);
    struct rlimit limit, none;

    test_wait_asleep(t);
    CHECK_EQUAL(getrlimit(RLIMIT_SIGPENDING, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    CHECK_EQUAL(setrlimit(RLIMIT_SIGPENDING, &none), 0);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
    CHECK_EQUAL(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
}

/* A real-time signal finds no room there: the raise succeeds, and the thread wakes later. */
static void late_wake(void)
{
    struct rlimit limit, none;
    k3thread     *t;

    CHECK_EQUAL(k3thread_set_wake_signal(SIGRTMIN + 3), 0);
    t = test_start(sleep_for_ever, NULL);
    test_wait_asleep(t);
    CHECK_EQUAL(getrlimit(RLIMIT_SIGPENDING, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    CHECK_EQUAL(setrlimit(RLIMIT_SIGPENDING, &none), 0);
    errno = 77;
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK_EQUAL(errno, 77);
    CHECK_EQUAL(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_KeyError);
}

static void *hold(void *arg)
{
    pthread_barrier_t *barrier = arg;

    k3thread_set_mask(K3THREAD_NEVER);
    (void) pthread_barrier_wait(barrier);
    (void) pthread_barrier_wait(barrier);
    return arg;
}

/* Exceptions that are pending when a thread with the mask NEVER returns are dropped. */
static void dropped_at_a_masked_end(void)
{
    struct k3thread_result result;
    pthread_barrier_t      barrier;
    k3thread              *t;

    CHECK_EQUAL(pthread_barrier_init(&barrier, NULL, 2), 0);
    t = test_start(hold, &barrier);
    (void) pthread_barrier_wait(&barrier);
    for (int i = 0; i < 3; i++)
        raise_numbered(t, i);
    (void) pthread_barrier_wait(&barrier);
    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    CHECK(result.value == &barrier && result.exception == NULL);
    CHECK_TEXT(result.message, "");
    k3thread_unref(t);
    pthread_barrier_destroy(&barrier);
}

static _Atomic pid_t returning;

static void *return_with_pending(void *arg)
{
    returning = gettid();
    raise_numbered(k3thread_self(), 1);
    return arg;
}

static void no_hook(k3thread *t, const struct k3thread_exc *e)
{
    (void) t;
    test_fail(__FILE__, __LINE__, e->message);
}

/* A pending exception is not thrown after the target has returned. */
static void dropped_at_a_return(void)
{
    struct k3thread_result result;
    k3thread              *t;

    k3thread_set_excepthook(no_hook);
    t = test_start(return_with_pending, &result);
    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    CHECK(result.value == &result && result.exception == NULL);
    k3thread_unref(t);
    WAIT_FOR(test_state(returning) == 0);
}

TEST_MAIN({"order", in_order}, {"overflow", overflow}, {"take", take}, {"sender", sender},
          {"self", self_raise}, {"errors", send_errors}, {"full-signal-queue", full_signal_queue},
          {"late-wake", late_wake}, {"masked-end", dropped_at_a_masked_end},
          {"return", dropped_at_a_return})
