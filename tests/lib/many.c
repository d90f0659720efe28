/* Tests ten thousand threads that live at the same time. */
#include "test.h"

#define MANY 10000

static k3thread *threads[MANY], *listed[MANY + 1];

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void start_many(unsigned count)
{
    const struct k3thread_options options = {.stack_size = 65536};

    for (unsigned i = 0; i < count; i++)
        CHECK_EQUAL(k3thread_start(&threads[i], sleep_for_ever, NULL, &options), 0);
    CHECK_EQUAL(k3thread_list(NULL, 0), count + 1);
    CHECK_EQUAL(k3thread_list(listed, MANY + 1), count + 1);
    for (unsigned i = 0; i < count; i++) {
        CHECK(listed[i + 1] == threads[i]);
        CHECK_EQUAL(k3thread_get_id(threads[i]), i + 2);
    }
    for (unsigned i = 0; i <= count; i++)
        k3thread_unref(listed[i]);
}

/* Finds each thread, raises in it and joins it. */
static void end_many(unsigned count)
{
    k3thread *found;

    for (unsigned i = 0; i < count; i++) {
        found = k3thread_find(k3thread_get_name(threads[i]));
        CHECK(found == threads[i]);
        k3thread_unref(found);
        CHECK_EQUAL(k3thread_send_exception_id(i + 2, &k3thread_SystemExit), 0);
    }
    for (unsigned i = 0; i < count; i++)
        CHECK(test_end(threads[i]) == &k3thread_SystemExit);
    CHECK_EQUAL(k3thread_list(NULL, 0), 1);
}

static void live_at_once(void)
{
    const unsigned count = test_many(MANY, 200);

    start_many(count);
    end_many(count);
    printf("%u threads lived at once\n", count);
}

TEST_MAIN({"live", live_at_once})
