/*
 * Tests clean-ups, which run when a scope is left: k3thread_cleanup_push, the attribute cleanup, and both beside
 * TRYs in one function. cleanup_plain.c has the same tests without -fexceptions, where an exception does not run
 * the attribute cleanup.
 */
#include "heap.h"
#include "trace.h"

#ifdef PLAIN
#define IF_EXCEPTIONS(text) ""
#else
#define IF_EXCEPTIONS(text) text
#endif

static void run(void *arg)
{
    CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
    note(*(const char *) arg);
}

static void leave_variable(const char *variable)
{
    note(*variable);
}

#define VARIABLE(name, letter)                                                                     \
    const char name __attribute__((cleanup(leave_variable), unused)) = letter

static void throw(void)
{
    k3thread_throw(&k3thread_ValueError, NULL);
}

static void throw_again(void *arg)
{
    note(*(const char *) arg);
    k3thread_throw(&k3thread_KeyError, NULL);
}

static __attribute__((noinline)) void push_two(void)
{
    k3thread_cleanup_push(run, "a");
    k3thread_cleanup_push(run, "b");
    throw();
    k3thread_cleanup_pop(0);
    k3thread_cleanup_pop(0);
}

static __attribute__((noinline)) void push_around(void)
{
    k3thread_cleanup_push(run, "c");
    push_two();
    k3thread_cleanup_pop(0);
}

static void order(void)
{
    CHECK(test_catch(push_around) == &k3thread_ValueError);
    check_trace("bac");
}

static void mixed_in_the_function_of_the_try(void)
{
    VARIABLE(outside, 'o');
    K3THREAD_TRY {
        VARIABLE(first, '1');
        k3thread_cleanup_push(run, "2");
        VARIABLE(third, '3');
        K3THREAD_TRY {
            VARIABLE(fourth, '4');
            k3thread_cleanup_push(run, "5");
            VARIABLE(sixth, '6');
            throw();
            k3thread_cleanup_pop(0);
        }
        K3THREAD_EXCEPT(k3thread_SystemExit, e) {
            note('x');
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
        k3thread_cleanup_pop(0);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        VARIABLE(inside, 'i');
        note('v');
    }
    K3THREAD_END
    note('e');
}

static __attribute__((noinline)) void variable_above(void)
{
    VARIABLE(first, '1');
    k3thread_cleanup_push(run, "2");
    VARIABLE(third, '3');
    throw();
    k3thread_cleanup_pop(1);
}

static void mixed(void)
{
    mixed_in_the_function_of_the_try();
    check_trace(*IF_EXCEPTIONS("y") ? "654f321vieo" : "5f2vieo");
    CHECK(test_catch(variable_above) == &k3thread_ValueError);
    check_trace(*IF_EXCEPTIONS("y") ? "321" : "2");
}

static void pop(void)
{
    k3thread_cleanup_push(run, "n");
    k3thread_cleanup_pop(0);
    check_trace("");
    k3thread_cleanup_push(run, "y");
    k3thread_cleanup_pop(1);
    check_trace("y");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
    CHECK(k3thread_local_.top == NULL); /* no block is left that is no longer there */
}

static int by_return(void)
{
    k3thread_cleanup_push(run, "a");
    k3thread_cleanup_push(run, "b");
    return 1;
    k3thread_cleanup_pop(0);
    k3thread_cleanup_pop(0);
}

static void left_in_each_way(void)
{
    CHECK_EQUAL(by_return(), 1);
    check_trace("ba");
    for (int i = 0; i < 2; i++) {
        k3thread_cleanup_push(run, "c");
        if (i == 0)
            continue;
        break;
        k3thread_cleanup_pop(1);
    }
    check_trace("cc");
    k3thread_cleanup_push(run, "d");
    K3THREAD_TRY {
        k3thread_cleanup_push(run, "g");
        goto out;
        k3thread_cleanup_pop(1);
    }
    K3THREAD_END
    k3thread_cleanup_pop(1);
out:
    check_trace("gd");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
}

static void *exit_thread(void *arg)
{
    k3thread_cleanup_push(run, "t");
    K3THREAD_TRY {
        pthread_exit(arg);
    }
    K3THREAD_END
    k3thread_cleanup_pop(0);
    return arg;
}

/*
 * With landing pads, which -fexceptions makes, the cleanup runs. It always runs where pthread_exit does not unwind
 * the stack.
 */
static void left_by_pthread_exit(void)
{
    CHECK(test_end(test_start(exit_thread, NULL)) == NULL);
#ifdef __GLIBC__
    check_trace(IF_EXCEPTIONS("t"));
#else
    check_trace("t");
#endif
}

static pthread_key_t later;

/* A destructor of the thread that left_in_a_limit() ends: no time limit is left. */
static void check_no_limit(void *arg)
{
    CHECK(!k3thread_take(NULL) && !k3thread_pending());
    note(*(const char *) arg);
}

static __attribute__((noinline)) void exit_in_block_with_limit(volatile char *above)
{
    K3THREAD_TIMEOUT(0) {
        above[0] = 'x';
        pthread_exit(NULL);
    }
    K3THREAD_END
}

/* The block is so deep in the stack that nothing overwrites it. */
static void *exit_in_limit(void *arg)
{
    volatile char above[32 * 1024];

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK_EQUAL(pthread_setspecific(later, arg), 0);
    exit_in_block_with_limit(above);
    return arg;
}

/* The library forgets the scopes of a thread whose stack is gone, whether it was unwound or not. */
static void left_in_a_limit(void)
{
    CHECK_EQUAL(pthread_key_create(&later, check_no_limit), 0);
    CHECK(test_end(test_start(exit_in_limit, "l")) == NULL);
    check_trace("l");
}

static __attribute__((noinline)) void exit_in_limit_of_cleanup(void *arg)
{
    volatile char above[32 * 1024];

    note(*(const char *) arg);
    exit_in_block_with_limit(above);
}

static void *exit_in_limit_in_passing(void *arg)
{
    k3thread_cleanup_push(check_no_limit, "n");
    k3thread_cleanup_push(exit_in_limit_of_cleanup, "b");
    k3thread_throw(&k3thread_KeyError, NULL);
    k3thread_cleanup_pop(0);
    k3thread_cleanup_pop(0);
    return arg;
}

/* The next cleanup runs after those scopes are gone. */
static void left_in_a_limit_of_a_cleanup(void)
{
    CHECK(test_end(test_start(exit_in_limit_in_passing, NULL)) == NULL);
    check_trace("bn");
}

static void exit_here(void *arg)
{
    note(*(const char *) arg);
    pthread_exit(NULL);
}

/* Ends the thread inside a block of the cleanup's own. */
static __attribute__((noinline)) void exit_in_block(void *arg)
{
    K3THREAD_TRY {
        exit_here(arg);
    }
    K3THREAD_END
}

static void *exit_in_cleanup(void *arg)
{
    K3THREAD_TRY {
        k3thread_cleanup_push(run, "c");
        k3thread_cleanup_push(exit_here, "b");
        k3thread_cleanup_push(run, "a");
        throw();
        k3thread_cleanup_pop(0);
        k3thread_cleanup_pop(0);
        k3thread_cleanup_pop(0);
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        note('x');
    }
    K3THREAD_END
    note('y');
    return arg;
}

/* Ends the thread in a handler of the cleanup's own, with its exception. */
static __attribute__((noinline)) void exit_in_handler(void *arg)
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            throw();
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            exit_here(arg);
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        note('x');
    }
    K3THREAD_END
}

static void *exit_in_handler_of_cleanup(void *arg)
{
    k3thread_cleanup_push(run, "c");
    k3thread_cleanup_push(exit_in_handler, "b");
    throw();
    k3thread_cleanup_pop(0);
    k3thread_cleanup_pop(0);
    return arg;
}

/* Leaves a cleanup of its own, whose exception it catches. */
static int leave_own_cleanup(void)
{
    k3thread_cleanup_push(throw_again, "t");
    return 1;
    k3thread_cleanup_pop(0);
}

static __attribute__((noinline)) void catch_own(void *arg)
{
    K3THREAD_TRY {
        (void) leave_own_cleanup();
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        note(*(const char *) arg);
    }
    K3THREAD_END
}

/* A cleanup may have cleanups, and exceptions, of its own, while another exception passes it. */
static void cleanup_in_cleanup(void)
{
    K3THREAD_TRY {
        k3thread_cleanup_push(catch_own, "o");
        throw();
        k3thread_cleanup_pop(0);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        note('k');
    }
    K3THREAD_END
    check_trace("tok");
}

static void *exit_in_block_of_cleanup(void *arg)
{
    k3thread_cleanup_push(run, "c");
    k3thread_cleanup_push(exit_in_block, "b");
    throw();
    k3thread_cleanup_pop(0);
    k3thread_cleanup_pop(0);
    return arg;
}

static void *end_adopted(void *arg)
{
    (void) k3thread_self();
    return exit_in_cleanup(arg);
}

/* A pthread_exit in a cleanup takes the place of the exception that passes: the thread ends. */
static void pthread_exit_in_cleanup(void)
{
    pthread_t thread;

    CHECK(test_end(test_start(exit_in_cleanup, trace)) == NULL);
    check_trace("abc");
    CHECK_EQUAL(pthread_create(&thread, NULL, end_adopted, trace), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    check_trace("abc");
    CHECK(test_end(test_start(exit_in_block_of_cleanup, trace)) == NULL);
    check_trace("bc");
    /* Without landing pads the handler's exception is a leak, which the checks of memory would find. */
    if (*IF_EXCEPTIONS("y") || test_many(1, 0)) {
        CHECK(test_end(test_start(exit_in_handler_of_cleanup, trace)) == NULL);
        check_trace("bc");
    }
}

/* A raise during a cleanup is thrown at the first checkpoint after it. */
static void raise_and_wait(void *arg)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyboardInterrupt), 0);
    k3thread_checkpoint();
    CHECK_EQUAL(k3thread_sleep(0.001), 0);
    note(*(const char *) arg);
}

static void raise_in_cleanup(void)
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            k3thread_cleanup_push(run, "b");
            k3thread_cleanup_push(raise_and_wait, "a");
            throw();
            k3thread_cleanup_pop(0);
            k3thread_cleanup_pop(0);
        }
        K3THREAD_EXCEPT(k3thread_ValueError, e) {
            note('v');
        }
        K3THREAD_END
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        note('k');
    }
    K3THREAD_END
    check_trace("abvxk"); /* the end of the outer body is the first checkpoint */
}

/* An exception of a cleanup takes the place of the passing one. Each cleanup runs exactly once. */
static void throw_in_cleanup(void)
{
    K3THREAD_TRY {
        k3thread_cleanup_push(run, "c");
        k3thread_cleanup_push(throw_again, "b");
        k3thread_cleanup_push(run, "a");
        throw();
        k3thread_cleanup_pop(0);
        k3thread_cleanup_pop(0);
        k3thread_cleanup_pop(0);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        note('k');
    }
    K3THREAD_END
    check_trace("abck");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
}

/*
 * The attribute cleanup of a variable throws. With gcc, in C, the landing pad survives that, and nothing is left of
 * the first exception. clang and C++ end the program there. Without landing pads the attribute cleanup does not
 * run.
 */
#if defined PLAIN || defined __clang__
#define PAD_MAY_THROW false
#else
#define PAD_MAY_THROW true
#endif

static void throw_key(const char *variable)
{
    (void) variable;
    k3thread_throw(&k3thread_KeyError, NULL);
}

static __attribute__((noinline)) void throw_in_variable(void)
{
    const char variable __attribute__((cleanup(throw_key), unused)) = 'v';

    throw();
}

static void throw_in_attribute(void)
{
    volatile size_t before = 0;

    for (volatile int i = 0; PAD_MAY_THROW && i < 100; i++) {
        if (i == 10)
            before = heap_allocated();
        CHECK(test_catch(throw_in_variable) == &k3thread_KeyError);
        CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
    }
    CHECK(!PAD_MAY_THROW || heap_allocated() == before);
}

static void exit_by_variable(const char *variable)
{
    note(*variable);
    pthread_exit(NULL);
}

static __attribute__((noinline)) void exit_in_variable(void)
{
    const char variable __attribute__((cleanup(exit_by_variable), unused)) = 'v';

    throw();
}

static void *exit_by_attribute(void *arg)
{
    K3THREAD_TRY {
        k3thread_cleanup_push(run, "c");
        exit_in_variable();
        k3thread_cleanup_pop(0);
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        note('x');
    }
    K3THREAD_END
    note('y');
    return arg;
}

static void pthread_exit_in_attribute(void)
{
    if (PAD_MAY_THROW) {
        CHECK(test_end(test_start(exit_by_attribute, trace)) == NULL);
        check_trace("vc");
    }
}

static void throw_and_catch(void *arg)
{
    CHECK(test_catch(push_two) == &k3thread_ValueError);
    note(*(const char *) arg);
    CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
}

/* A cleanup throws and catches an exception of its own: the passing exception goes on. */
static void catch_in_cleanup(void)
{
    K3THREAD_TRY {
        k3thread_cleanup_push(run, "z");
        k3thread_cleanup_push(throw_and_catch, "y");
        k3thread_throw(&k3thread_KeyError, NULL);
        k3thread_cleanup_pop(0);
        k3thread_cleanup_pop(0);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        note('k');
    }
    K3THREAD_END
    check_trace("bayzk");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
}

static void *throw_with_cleanup(void *arg)
{
    push_around();
    return arg;
}

static void quiet(k3thread *t, const struct k3thread_exc *e)
{
    (void) t;
    (void) e;
    note('h'); /* after the stack was unwound */
}

static void uncaught(void)
{
    k3thread_set_excepthook(quiet);
    CHECK(test_end(test_start(throw_with_cleanup, NULL)) == &k3thread_ValueError);
    check_trace("bach");
}

TEST_MAIN({"order", order}, {"mixed", mixed}, {"pop", pop}, {"left", left_in_each_way},
          {"pthread-exit", left_by_pthread_exit}, {"limit", left_in_a_limit},
          {"limit-of-cleanup", left_in_a_limit_of_a_cleanup}, {"in-cleanup", cleanup_in_cleanup},
          {"pthread-exit-in-cleanup", pthread_exit_in_cleanup},
          {"pthread-exit-in-attribute", pthread_exit_in_attribute}, {"raise", raise_in_cleanup},
          {"throw", throw_in_cleanup}, {"throw-in-attribute", throw_in_attribute},
          {"catch", catch_in_cleanup}, {"uncaught", uncaught})
