/*
 * Tests exceptions where the unwinder cannot begin, as in a program without tables of its frames: then the library
 * leaves the blocks, which it knows. The unwinder of these cases is the test's own.
 */
#include "trace.h"

#include <pthread.h>
#include <unwind.h>

/* The linker replaces this function: see tests/lib/rules.mk. */
_Unwind_Reason_Code __wrap__Unwind_ForcedUnwind(struct _Unwind_Exception *unwind,
                                                _Unwind_Stop_Fn stop, void *data);

_Unwind_Reason_Code __wrap__Unwind_ForcedUnwind(struct _Unwind_Exception *unwind,
                                                _Unwind_Stop_Fn stop, void *data)
{
    (void) unwind;
    (void) stop;
    (void) data;
    return _URC_FATAL_PHASE2_ERROR;
}

/* Memory of the library holds zeroes, as memory may: so it has to set what it reads. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    void *memory = __real_malloc(size);

    return memory != NULL ? memset(memory, 0, size) : NULL;
}

/* A cleanup that catches an exception of its own. */
static void catch_own(void *arg)
{
    K3THREAD_TRY {
        k3thread_throw(&k3thread_ValueError, NULL);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        note(*(const char *) arg);
    }
    K3THREAD_END
}

static void throw_past_a_cleanup(void)
{
    k3thread_cleanup_push(catch_own, "c");
    k3thread_throw(&k3thread_KeyError, "why");
    k3thread_cleanup_pop(0);
}

static void blocks_catch(void)
{
    K3THREAD_TRY {
        throw_past_a_cleanup();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK_TEXT(e->message, "why");
        note('k');
    }
    K3THREAD_END
    check_trace("ck");
    CHECK(k3thread_local_.top == NULL && k3thread_local_.unwinding == NULL);
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
}

static pthread_key_t later;

static void check_that_none_is_left(void *arg)
{
    CHECK(k3thread_local_.top == NULL && k3thread_local_.unwinding == NULL);
    note(*(const char *) arg);
}

static void *throw_in_thread(void *arg)
{
    CHECK_EQUAL(pthread_setspecific(later, "d"), 0);
    throw_past_a_cleanup();
    return arg;
}

static void say_nothing(k3thread *t, const struct k3thread_exc *e)
{
    (void) t;
    (void) e;
}

static void a_thread_ends(void)
{
    pthread_t foreign;

    CHECK_EQUAL(pthread_key_create(&later, check_that_none_is_left), 0);
    (void) k3thread_set_excepthook(say_nothing);
    CHECK(test_end(test_start(throw_in_thread, NULL)) == &k3thread_KeyError);
    check_trace("cd");
    CHECK_EQUAL(pthread_create(&foreign, NULL, throw_in_thread, NULL), 0);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
    check_trace("cd");
}

TEST_MAIN({"caught", blocks_catch}, {"uncaught", a_thread_ends})
