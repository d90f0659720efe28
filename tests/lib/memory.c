/*
 * Tests the library without memory: a function that may fail returns its error and leaves nothing behind, and a
 * function that cannot fail succeeds. The linker makes the library call the malloc and calloc below (see rules.mk).
 */
#include "heap.h"
#include "test.h"

#include <stdatomic.h>

void *__wrap_malloc(size_t size);
void *__real_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_calloc(size_t count, size_t size);

static atomic_bool none, no_calloc;
static atomic_uint refused;

static void *refuse(void)
{
    refused++;
    errno = ENOMEM;
    return NULL;
}

static int allowed; /* allocations, before the one that fails; 0: all */

static bool is_refused(void)
{
    return none || (allowed > 0 && allowed-- == 1);
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? refuse() : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return none || no_calloc ? refuse() : __real_calloc(count, size);
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void start_fails(void)
{
    k3thread *t = NULL;

    (void) k3thread_self();
    none = true;
    CHECK_EQUAL(k3thread_start(&t, sleep_for_ever, NULL, NULL), -ENOMEM);
    none = false;
    CHECK(t == NULL);
    CHECK_EQUAL(k3thread_list(NULL, 0), 1);
}

static int freed;

static void note_freed(void *data)
{
    ++*(int *) data;
}

static void send_fails(void)
{
    k3thread *self = k3thread_self();

    none = true;
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), K3THREAD_SEND_RAISE_ERROR);
    none = false;
    CHECK(!k3thread_pending());
    for (int i = 0; i < 3; i++) {
        const size_t before = heap_allocated();

        allowed = 2; /* the exception finds memory, its data does not */
        CHECK_EQUAL(k3thread_send_data(self, &k3thread_KeyError, &freed, note_freed, NULL),
                    K3THREAD_SEND_RAISE_ERROR);
        CHECK(!k3thread_pending());
        CHECK(i == 0 || heap_allocated() == before);
    }
    CHECK_EQUAL(freed, 0); /* the data is still the caller's */
}

static void throw_key(void)
{
    k3thread_throw(&k3thread_KeyError, "%s", "kept");
}

/* Each thread has memory for one exception, which it can use again after that exception is handled. */
static void throw_has_its_reserve(void)
{
    (void) k3thread_self();
    for (volatile int i = 0; i < 3; i++) {
        none = true;
        K3THREAD_TRY {
            throw_key();
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            none = false;
            CHECK_TEXT(e->message, "kept");
        }
        K3THREAD_END
    }
    CHECK_EQUAL(refused, 3);
}

static void throw_index(void)
{
    k3thread_throw(&k3thread_IndexError, NULL);
}

/* Makes memory available once COUNT allocations have failed. */
static void *give_memory(void *count)
{
    WAIT_FOR(refused >= *(unsigned *) count);
    none = false;
    return NULL;
}

/* A second throw, while the first exception is being handled, waits for memory. */
static void second_throw_waits(void)
{
    unsigned  count = 4; /* one for each throw, and then those of the wait */
    k3thread *t = test_start(give_memory, &count);

    none = true;
    K3THREAD_TRY {
        throw_key();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK(test_catch(throw_index) == &k3thread_IndexError);
        CHECK_TEXT(e->message, "kept");
    }
    K3THREAD_END
    CHECK(!none);
    CHECK(test_end(t) == NULL);
}

static void *throw_when_told(void *arg)
{
    WAIT_FOR(none);
    throw_key();
    return arg;
}

static void quiet(k3thread *t, const struct k3thread_exc *e)
{
    (void) t;
    (void) e;
}

/* The result of a thread has the exception that ended it, also when that is the reserve. */
static void throw_ends_a_thread(void)
{
    struct k3thread_result result;
    k3thread              *t = test_start(throw_when_told, NULL);

    k3thread_set_excepthook(quiet);
    none = true;
    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    none = false;
    CHECK(result.exception == &k3thread_KeyError);
    CHECK_TEXT(result.message, "kept");
    k3thread_unref(t);
}

static void *be_adopted(void *arg)
{
    none = true;
    CHECK(k3thread_self() != NULL);
    CHECK(!none);
    return arg;
}

static void adoption_waits(void)
{
    unsigned  count = 2;
    pthread_t foreign;

    (void) k3thread_self();
    CHECK_EQUAL(pthread_create(&foreign, NULL, be_adopted, NULL), 0);
    (void) give_memory(&count);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
}

/* A table of threads that cannot grow still finds all of them. */
static void table_does_not_grow(void)
{
    k3thread *threads[200];

    (void) k3thread_self();
    no_calloc = true;
    for (size_t i = 0; i < 200; i++)
        threads[i] = test_start(sleep_for_ever, NULL);
    CHECK(refused > 0);
    for (size_t i = 0; i < 200; i++) {
        CHECK_EQUAL(k3thread_send_exception_id(k3thread_get_id(threads[i]), &k3thread_SystemExit),
                    0);
        CHECK(test_end(threads[i]) == &k3thread_SystemExit);
    }
    CHECK_EQUAL(k3thread_list(NULL, 0), 1);
}

TEST_MAIN({"start", start_fails}, {"send", send_fails}, {"throw", throw_has_its_reserve},
          {"second-throw", second_throw_waits}, {"end", throw_ends_a_thread},
          {"adoption", adoption_waits}, {"table", table_does_not_grow})
