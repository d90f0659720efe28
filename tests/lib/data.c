/* Tests the data of an exception, which is freed exactly once, and its cause. */
#include "test.h"

#include <stdatomic.h>

static atomic_int freed;
static int        data;

static void free_data(void *arg)
{
    CHECK(arg == &data);
    CHECK_EQUAL(k3thread_send_exception(NULL, NULL), K3THREAD_TYPE_ERROR); /* no lock is held */
    (void) k3thread_pending();
    freed++;
}

static int send_to(k3thread *t)
{
    return k3thread_send_data(t, &k3thread_KeyError, &data, free_data, "with %s", "data");
}

static void send_to_self(void)
{
    CHECK_EQUAL(send_to(k3thread_self()), 0);
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void quiet(k3thread *t, const struct k3thread_exc *e)
{
    (void) t;
    CHECK(e->data == NULL || e->data == &data);
}

/* The data is freed after the handler, not before. */
static void caught(void)
{
    K3THREAD_TRY {
        send_to_self();
        k3thread_checkpoint();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK(e->data == &data);
        CHECK_TEXT(e->message, "with data");
        CHECK(k3thread_cause(e) == NULL);
        CHECK_EQUAL(freed, 0);
    }
    K3THREAD_END
    CHECK_EQUAL(freed, 1);
}

static void left_behind(void)
{
    for (volatile int i = 0; i < 2; i++) {
        K3THREAD_TRY {
            send_to_self();
            k3thread_checkpoint();
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            if (i == 0)
                continue;
            break;
        }
        K3THREAD_END
    }
    CHECK_EQUAL(freed, 2);
}

/* RERAISE throws a copy: the inner block catches the copy, and the handler still has its own exception. */
static void reraised(void)
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            send_to_self();
            k3thread_checkpoint();
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            K3THREAD_TRY {
                K3THREAD_RERAISE();
            }
            K3THREAD_EXCEPT(k3thread_KeyError, copy) {
                CHECK(copy != e && copy->data == &data);
            }
            K3THREAD_END
            CHECK(e->data == &data);
            CHECK_EQUAL(freed, 0);
            K3THREAD_RERAISE();
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK(e->data == &data);
        CHECK_EQUAL(freed, 0);
    }
    K3THREAD_END
    CHECK_EQUAL(freed, 1);
}

static void *throw_another(void *arg)
{
    K3THREAD_TRY {
        send_to_self();
        k3thread_checkpoint();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        k3thread_throw(&k3thread_SystemExit, NULL);
    }
    K3THREAD_END
    return arg;
}

/* An exception that is thrown in the handler takes the place of the first, whose data is freed. */
static void replaced(void)
{
    CHECK(test_end(test_start(throw_another, NULL)) == &k3thread_SystemExit);
    CHECK_EQUAL(freed, 1);
}

/* Data that is taken belongs to the caller; data of an exception that is dropped is freed. */
static void taken(void)
{
    struct k3thread_exc exc;

    k3thread_set_mask(K3THREAD_NEVER);
    send_to_self();
    send_to_self();
    CHECK(k3thread_take(&exc));
    CHECK(exc.data == &data && exc.origin_ == NULL);
    CHECK(k3thread_cause(&exc) == NULL);
    CHECK_EQUAL(freed, 0);
    CHECK(k3thread_take(NULL));
    CHECK_EQUAL(freed, 1);
}

static void *end_with_pending(void *arg)
{
    k3thread_set_mask(K3THREAD_NEVER);
    send_to_self();
    send_to_self();
    return arg;
}

static void dropped(void)
{
    CHECK(test_end(test_start(end_with_pending, NULL)) == NULL);
    CHECK_EQUAL(freed, 2);
}

/* The data is freed with the record of the thread that the exception ended. */
static void of_a_result(void)
{
    k3thread *t;

    (void) k3thread_set_excepthook(quiet);
    t = test_start(sleep_for_ever, NULL);
    CHECK_EQUAL(send_to(t), 0);
    CHECK_EQUAL(k3thread_join(t, -1, NULL), 0);
    CHECK_EQUAL(freed, 0);
    k3thread_unref(t);
    CHECK_EQUAL(freed, 1);
}

/* If the raise fails, the data stays the caller's. */
static void not_sent(void)
{
    k3thread *t = test_start(sleep_for_ever, NULL);

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK_EQUAL(send_to(NULL), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_send_data(t, NULL, &data, free_data, NULL), K3THREAD_TYPE_ERROR);
    for (int i = 0; i < K3THREAD_QUEUE_MAX; i++)
        CHECK_EQUAL(send_to(k3thread_self()), 0);
    CHECK_EQUAL(send_to(k3thread_self()), K3THREAD_SEND_RAISE_ERROR);
    CHECK_EQUAL(freed, 0);
    while (k3thread_take(NULL)) {
    }
    CHECK_EQUAL(freed, K3THREAD_QUEUE_MAX);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_join(t, -1, NULL), 0);
    CHECK_EQUAL(send_to(t), K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_EQUAL(freed, K3THREAD_QUEUE_MAX);
    k3thread_unref(t);
}

static int freed_nothing;

static void free_nothing(void *nothing)
{
    CHECK(nothing == NULL);
    freed_nothing++;
}

/* Data without a function to free it, a function without data, and neither. */
static void halves(void)
{
    struct k3thread_exc exc;

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK_EQUAL(k3thread_send_data(k3thread_self(), &k3thread_KeyError, &data, NULL, NULL), 0);
    CHECK(k3thread_take(&exc) && exc.data == &data);
    CHECK_EQUAL(k3thread_send_data(k3thread_self(), &k3thread_KeyError, NULL, NULL, NULL), 0);
    CHECK(k3thread_take(&exc) && exc.data == NULL);
    CHECK_EQUAL(freed, 0);
    CHECK_EQUAL(k3thread_send_data(k3thread_self(), &k3thread_KeyError, NULL, free_nothing, NULL),
                0);
    CHECK(k3thread_take(NULL));
    CHECK_EQUAL(freed_nothing, 1);
}

/* Values */

static void *give_back(void *arg)
{
    return arg;
}

static void value_of_a_return(void)
{
    k3thread *t = test_start(give_back, &data);

    CHECK(k3thread_value(t) == &data);
    CHECK(k3thread_value(t) == &data);
    k3thread_unref(t);
}

static k3thread *of_value;

static void take_value(void)
{
    (void) k3thread_value(of_value);
}

/*
 * Checks that k3thread_value throws an exception whose sender is T, whose cause is unchanged, and which shares its
 * data with the cause.
 */
static void check_thrown_value(k3thread *t)
{
    volatile bool thrown = false;

    K3THREAD_TRY {
        (void) k3thread_value(t);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        const struct k3thread_exc *cause = k3thread_cause(e);

        CHECK(cause != NULL && cause->type == &k3thread_KeyError);
        CHECK_EQUAL(cause->sender, k3thread_get_id(k3thread_self()));
        CHECK_EQUAL(e->sender, k3thread_get_id(t));
        CHECK_TEXT(e->message, "with data");
        CHECK_TEXT(cause->message, "with data");
        CHECK(e->data == &data && cause->data == &data);
        CHECK(k3thread_cause(cause) == NULL);
        CHECK_EQUAL(freed, 0);
        thrown = true;
    }
    K3THREAD_END
    CHECK(thrown);
}

static void value_of_an_exception(void)
{
    k3thread *t;

    (void) k3thread_set_excepthook(quiet);
    t = test_start(sleep_for_ever, NULL);
    CHECK_EQUAL(send_to(t), 0);
    check_thrown_value(t);
    check_thrown_value(t);
    k3thread_unref(t);
    CHECK_EQUAL(freed, 1);
}

static void no_cause(void)
{
    CHECK(k3thread_cause(NULL) == NULL);
}

static void *value_of_another(void *arg)
{
    return k3thread_value(arg);
}

/* Each of two threads throws the exception of the thread before it, which is the cause of its own. */
static void chain_of_causes(void)
{
    k3thread *threads[3];

    (void) k3thread_set_excepthook(quiet);
    threads[0] = test_start(sleep_for_ever, NULL);
    threads[1] = test_start(value_of_another, threads[0]);
    threads[2] = test_start(value_of_another, threads[1]);
    CHECK_EQUAL(send_to(threads[0]), 0);
    K3THREAD_TRY {
        (void) k3thread_value(threads[2]);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        const struct k3thread_exc *cause = e;

        for (int i = 2; i >= 0; i--) {
            CHECK_EQUAL(cause->sender, k3thread_get_id(threads[i]));
            cause = k3thread_cause(cause);
            CHECK(cause != NULL && cause->data == &data);
        }
        CHECK(k3thread_cause(cause) == NULL);
        for (int i = 0; i < 3; i++)
            k3thread_unref(threads[i]);
        CHECK_EQUAL(freed, 0);
    }
    K3THREAD_END
    CHECK_EQUAL(freed, 1);
}

static _Atomic(k3thread *) adopted;

static void *end_adopted(void *arg)
{
    adopted = k3thread_ref(k3thread_self());
    if (arg != NULL)
        k3thread_throw(&k3thread_KeyError, "adopted");
    return arg;
}

static void adopt(void *arg)
{
    pthread_t thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, end_adopted, arg), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

static void value_of_an_adopted_thread(void)
{
    (void) k3thread_set_excepthook(quiet);
    adopt(NULL);
    CHECK(k3thread_value(adopted) == NULL);
    k3thread_unref(adopted);
    adopt(&data);
    of_value = adopted;
    CHECK(test_catch(take_value) == &k3thread_KeyError);
    k3thread_unref(adopted);
}

static void value_of_oneself(void)
{
    of_value = k3thread_self();
    CHECK(test_catch(take_value) == &k3thread_RuntimeError);
    of_value = NULL;
    CHECK(test_catch(take_value) == &k3thread_TypeError);
}

TEST_MAIN({"caught", caught}, {"left", left_behind}, {"reraised", reraised}, {"replaced", replaced},
          {"taken", taken}, {"dropped", dropped}, {"result", of_a_result}, {"not-sent", not_sent},
          {"halves", halves}, {"value", value_of_a_return}, {"thrown-value", value_of_an_exception},
          {"no-cause", no_cause}, {"causes", chain_of_causes},
          {"adopted-value", value_of_an_adopted_thread}, {"own-value", value_of_oneself})
