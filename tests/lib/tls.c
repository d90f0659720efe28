/* Tests large thread-local variables, which the C library puts on each thread's stack. */
#include "test.h"

#define SIZE ((size_t) 256 * 1024)

static __thread volatile char large[SIZE];

static void *use_both(void *arg)
{
    const size_t  size = *(size_t *) arg;
    volatile char bytes[size];

    for (size_t i = 0; i < size; i += 512)
        bytes[i] = 1;
    for (size_t i = 0; i < SIZE; i += 512)
        large[i] = bytes[i % size / 512 * 512];
    K3THREAD_TRY {
        k3thread_throw(&k3thread_KeyError, NULL);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        large[0] = 2;
    }
    K3THREAD_END
    return arg;
}

/* The target can use the whole size that was asked for. */
static void small_stacks(void)
{
    static size_t sizes[] = {16384, 100000};
    k3thread     *t;

    for (size_t i = 0; i < 2; i++) {
        const struct k3thread_options options = {.stack_size = sizes[i]};
        size_t used = sizes[i] - 8192; /* the rest is for the functions that it calls */

        CHECK_EQUAL(k3thread_start(&t, use_both, &used, &options), 0);
        CHECK(test_end(t) == NULL);
    }
}

/* The smallest stack is enough for a target that does next to nothing. */
static void *do_little(void *arg)
{
    large[SIZE - 1] = 1;
    return arg;
}

static void smallest_stack(void)
{
    const struct k3thread_options options = {.stack_size = 1};
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, do_little, NULL, &options), 0);
    CHECK(test_end(t) == NULL);
}

TEST_MAIN({"small", small_stacks}, {"smallest", smallest_stack})
