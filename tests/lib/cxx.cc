// Tests a program in C++: destructors on every way out, and exceptions of C++ beside those of the
// library.
#include "test.h"

#include <cxxabi.h>
#include <exception>
#include <stdexcept>
#include <string>

extern "C" void throw_twice(void); // in cxx_part.c

namespace
{
std::string trace;

struct Guard {
    char letter;

    explicit Guard(char c) : letter(c)
    {
    }
    Guard(const Guard &) = delete;
    Guard &operator=(const Guard &) = delete;
    ~Guard()
    {
        trace += letter;
    }
};

void note(void *arg)
{
    trace += static_cast<const char *>(arg);
}

void check_trace(const char *wanted)
{
    if (trace != wanted) {
        fprintf(stderr, "the trace is %s, not %s\n", trace.c_str(), wanted);
        test_fail(__FILE__, __LINE__, "trace");
    }
    trace.clear();
}

char letter_c[] = "c";

__attribute__((noinline)) void throw_deep(int depth)
{
    Guard guard('d');

    if (depth > 0)
        throw_deep(depth - 1);
    if (depth == 0)
        k3thread_throw(&k3thread_KeyError, "%s", "deep");
}

void destructors()
{
    K3THREAD_TRY {
        Guard first('1');
        k3thread_cleanup_push(note, letter_c);
        Guard second('2');
        throw_deep(2);
        k3thread_cleanup_pop(0);
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        Guard handler('h');
        CHECK_TEXT(e->message, "deep");
    } K3THREAD_FINALLY {
        Guard last('f');
    } K3THREAD_END
    check_trace("ddd2c1hf");
}

// The strings are freed. Otherwise a leak checker reports them.
void allocating()
{
    for (volatile int i = 0; i < 1000; i++) {
        K3THREAD_TRY {
            std::string text(1000, 'x');
            k3thread_throw(&k3thread_KeyError, "%c", text[0]);
        } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        } K3THREAD_END
    }
}

int leave(int way)
{
    for (;;) {
        K3THREAD_TRY {
            Guard guard('g');
            if (way == 0)
                return way;
            break;
        } K3THREAD_END
    }
    return way;
}

void left_in_each_way()
{
    CHECK_EQUAL(leave(0), 0);
    CHECK_EQUAL(leave(1), 1);
    check_trace("gg");
    CHECK(test_catch([] { K3THREAD_RERAISE(); }) == &k3thread_RuntimeError);
}

// A function may have several blocks, and AddressSanitizer reports none of them.
void blocks_in_a_row()
{
    for (volatile int i = 0; i < 2; i = i + 1) {
        K3THREAD_TRY {
            Guard guard('g');
            k3thread_throw(&k3thread_ValueError, "enough");
        } K3THREAD_EXCEPT(k3thread_ValueError, e) {
            trace += 'v';
        } K3THREAD_END
    }
    K3THREAD_TIMEOUT(60) {
        Guard guard('g');
        k3thread_throw(&k3thread_KeyError, "enough");
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        trace += 'k';
    } K3THREAD_END
    K3THREAD_TRY {
        trace += 'b';
    } K3THREAD_EXCEPT(k3thread_ValueError, e) {
        trace += 'x';
    } K3THREAD_END
    check_trace("gvgvgkb");
}

// An exception of C++ may pass a TRY, which is then left, or be caught inside the TRY.
void native_exceptions()
{
    try {
        K3THREAD_TRY {
            Guard guard('g');
            throw std::runtime_error("native");
        } K3THREAD_EXCEPT(k3thread_BaseException, e) {
            trace += 'x';
        } K3THREAD_END
    } catch (const std::runtime_error &e) {
        trace += 'n';
    }
    check_trace("gn");
    K3THREAD_TRY {
        try {
            throw std::runtime_error("native");
        } catch (const std::exception &e) {
            trace += 'n';
            k3thread_throw(&k3thread_KeyError, NULL);
        }
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        trace += 'k';
    } K3THREAD_END
    check_trace("nk");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
}

// A catch (...) that throws the exception on lets it pass. A catch of another type never catches it.
void passes_handlers()
{
    K3THREAD_TRY {
        try {
            k3thread_throw(&k3thread_KeyError, NULL);
        } catch (const std::exception &) {
            trace += 'x';
        } catch (...) {
            trace += 'a';
            throw;
        }
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        trace += 'k';
    } K3THREAD_END
    check_trace("ak");
}

// A catch (...) that does not throw on has caught the exception: the mask is what it was before the
// block, and the library works.
void swallowed()
{
    try {
        Guard guard('g');
        k3thread_throw(&k3thread_KeyError, NULL);
    } catch (...) {
        trace += 'a';
    }
    check_trace("ga");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
    CHECK(test_catch([] { k3thread_throw(&k3thread_IndexError, NULL); }) == &k3thread_IndexError);
}

void throw_in_catch_all(int depth)
{
    try {
        Guard guard('g');
        if (depth > 0)
            throw_in_catch_all(depth - 1);
        else
            k3thread_throw(&k3thread_ValueError, NULL);
    } catch (...) {
        Guard guard('h');
        if (depth >= 0)
            k3thread_throw(&k3thread_KeyError, NULL);
    }
}

// An exception that is thrown in a catch (...) takes the place of the caught one, both in the block and
// in the catch (...) further out.
void thrown_in_catch_all()
{
    for (volatile int depth = 0; depth < 3; depth++) {
        K3THREAD_TRY {
            throw_in_catch_all(depth);
        } K3THREAD_EXCEPT(k3thread_KeyError, e) {
            trace += 'k';
        } K3THREAD_END
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
        try {
            throw_in_catch_all(depth);
        } catch (...) {
            trace += 'a';
        }
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
        CHECK(test_catch([] { K3THREAD_RERAISE(); }) == &k3thread_RuntimeError);
        check_trace(depth == 0 ? "ghkgha" : depth == 1 ? "ghghkghgha" : "ghghghkghghgha");
    }
}

// Two exceptions are under way when the catch (...) is left: the second was thrown by a clean-up, in C, that the first
// had called.
void thrown_twice_in_catch_all()
{
    for (volatile int i = 0; i < 2; i = i + 1) {
        K3THREAD_TRY {
            try {
                k3thread_throw(&k3thread_IndexError, NULL);
            } catch (...) {
                Guard guard('g');
                throw_twice();
            }
        } K3THREAD_EXCEPT(k3thread_BaseException, e) {
            trace += e->type->name[0];
        } K3THREAD_END
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
        CHECK(test_catch([] { K3THREAD_RERAISE(); }) == &k3thread_RuntimeError);
    }
#ifdef __clang__
    check_trace("gVgV");
#else
    check_trace("gKgK");
#endif
}

// Not inlined, so that the compiler itself sees that no exception leaves these functions.
__attribute__((noinline)) int catches(const char *message) noexcept
{
    volatile int caught = 0;

    K3THREAD_TRY {
        Guard guard('g');
        k3thread_cleanup_push(note, letter_c);
        k3thread_throw(&k3thread_KeyError, "%s", message);
        k3thread_cleanup_pop(0);
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        caught = strcmp(e->message, message) == 0;
    } K3THREAD_FINALLY {
        trace += 'f';
    } K3THREAD_END
    return caught;
}

__attribute__((noinline)) void throws_in_handler() noexcept
{
    K3THREAD_TRY {
        K3THREAD_TRY {
            throw_deep(0);
        } K3THREAD_EXCEPT(k3thread_KeyError, e) {
            Guard guard('h');
            throw_deep(0);
        } K3THREAD_END
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        trace += 'k';
    } K3THREAD_END
}

struct Catcher {
    Catcher() = default;
    Catcher(const Catcher &) = delete;
    Catcher &operator=(const Catcher &) = delete;
    ~Catcher()
    {
        CHECK(catches("in a destructor"));
    }
};

// An exception that is thrown and caught inside a noexcept function does not end the program.
void noexcept_functions()
{
    CHECK(catches("in a function"));
    check_trace("cgf");
    throws_in_handler();
    check_trace("ddhk");
    {
        Catcher catcher;
    }
    check_trace("cgf");
    K3THREAD_TRY {
        Catcher catcher;
        throw_deep(0);
    } K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK_TEXT(e->message, "deep");
    } K3THREAD_END
    check_trace("dcgf");
    try {
        Catcher catcher;
        throw std::runtime_error("native");
    } catch (const std::runtime_error &) {
        trace += 'n';
    }
    check_trace("cgfn");
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
}

void raise_in_self()
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyboardInterrupt), 0);
}

struct Waiter {
    Waiter() = default;
    Waiter(const Waiter &) = delete;
    Waiter &operator=(const Waiter &) = delete;
    ~Waiter()
    {
        CHECK_EQUAL(k3thread_sleep(0), 0);
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
        trace += 'w';
    }
};

void wait_in_catch_all(bool by_block)
{
    try {
        Waiter waiter;
        k3thread_throw(&k3thread_KeyError, NULL);
    } catch (...) {
        raise_in_self();
        k3thread_checkpoint();
        if (by_block) {
            K3THREAD_TRY {
                (void) k3thread_sleep(-1);
            } K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
                raise_in_self();
                CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
            } K3THREAD_END
        }
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
        (void) k3thread_sleep(-1);
    }
}

void throw_on_after_a_wait()
{
    Waiter outer;
    try {
        Waiter waiter;
        k3thread_throw(&k3thread_KeyError, NULL);
    } catch (...) {
        (void) k3thread_sleep(0);
        raise_in_self();
        throw;
    }
}

// Inside catch (...) a wait throws, as inside EXCEPT. If the catch (...) throws its exception on,
// destructors run with NEVER again.
void waits_in_catch_all()
{
    CHECK(test_catch([] { wait_in_catch_all(false); }) == &k3thread_KeyboardInterrupt);
    CHECK(test_catch([] { wait_in_catch_all(true); }) == &k3thread_KeyboardInterrupt);
    check_trace("ww");
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
    CHECK(test_catch(throw_on_after_a_wait) == &k3thread_KeyError);
    CHECK(k3thread_take(NULL));
    check_trace("ww");
    try {
        k3thread_throw(&k3thread_KeyError, NULL);
    } catch (...) {
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
        k3thread_set_mask(K3THREAD_NEVER); // the mask is not opened a second time
        CHECK_EQUAL(k3thread_sleep(0), 0);
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
    }
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
    try { // each catch (...) that gets the exception has the mask of handlers
        try {
            k3thread_throw(&k3thread_KeyError, NULL);
        } catch (...) {
            CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
            throw;
        }
    } catch (...) {
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
    }
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
}

void check_never(void *)
{
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
    CHECK_EQUAL(k3thread_sleep(0), 0);
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_NEVER);
    trace += 'c';
}

// The mask of clean-ups holds also in the first one of a catch (...), and behind it the mask of handlers.
void cleanups_in_catch_all()
{
    try {
        k3thread_throw(&k3thread_KeyError, NULL);
    } catch (...) {
        k3thread_cleanup_push(check_never, NULL);
        k3thread_cleanup_pop(1);
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
    }
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
    try {
        k3thread_throw(&k3thread_KeyError, NULL);
    } catch (...) {
        K3THREAD_TRY {
            trace += 'b';
        } K3THREAD_FINALLY {
            check_never(NULL);
        } K3THREAD_END
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
    }
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
    check_trace("cbc");
}

// C++ knows no type of an exception of the library, so a logger that asks for the type gets none.
void type_in_catch_all()
{
    try {
        k3thread_throw(&k3thread_KeyError, NULL);
    } catch (...) {
        CHECK(abi::__cxa_current_exception_type() == NULL);
        CHECK(std::current_exception() == NULL);
    }
}

// The mask after a catch (...) is the mask outside of the shield in which the exception was thrown.
void shield_in_catch_all()
{
    try {
        K3THREAD_SHIELD {
            Guard guard('g');
            k3thread_throw(&k3thread_KeyError, NULL);
        } K3THREAD_SHIELD_END
    } catch (...) {
        CHECK_EQUAL(k3thread_get_mask(), K3THREAD_ON_BLOCKING);
    }
    CHECK_EQUAL(k3thread_get_mask(), K3THREAD_IMMEDIATE);
    check_trace("g");
}

void *exit_in_cleanup(void *arg)
{
    K3THREAD_TRY {
        Guard outer('o');
        k3thread_cleanup_push([](void *) { pthread_exit(NULL); }, NULL);
        Guard inner('i');
        throw_deep(0);
        k3thread_cleanup_pop(0);
    } K3THREAD_EXCEPT(k3thread_BaseException, e) {
        trace += 'x';
    } K3THREAD_END
    trace += 'y';
    return arg;
}

void *exit_inside_catch_all(void *arg)
{
    Guard outer('o');
    try {
        k3thread_cleanup_push([](void *) { pthread_exit(NULL); }, NULL);
        throw_deep(0);
        k3thread_cleanup_pop(0);
    } catch (...) {
        trace += 'a';
    }
    trace += 'y';
    return arg;
}

// A pthread_exit in a cleanup does not end the program in a landing pad: it ends the thread, also where a
// catch (...) swallows the exception whose place it has taken.
void pthread_exit_in_cleanup()
{
    CHECK(test_end(test_start(exit_in_cleanup, NULL)) == NULL);
    check_trace("dio");
    CHECK(test_end(test_start(exit_inside_catch_all, NULL)) == NULL);
    check_trace("dao");
}

// An exception that END throws goes outwards with the mask that was set before the block.
void swallowed_behind_finally()
{
    try {
        K3THREAD_TRY {
            k3thread_throw(&k3thread_KeyError, NULL);
        } K3THREAD_FINALLY {
            trace += 'f';
        } K3THREAD_END
    } catch (...) {
        trace += 'a';
    }
    check_trace("fa");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
}

void throw_again(void *)
{
    k3thread_throw(&k3thread_IndexError, NULL);
}

// An exception of a cleanup takes the place of the passing one. It does not leave the landing pad,
// which would end the program.
void cleanup_throws()
{
    K3THREAD_TRY {
        Guard guard('g');
        k3thread_cleanup_push(throw_again, NULL);
        k3thread_throw(&k3thread_KeyError, NULL);
        k3thread_cleanup_pop(0);
    } K3THREAD_EXCEPT(k3thread_IndexError, e) {
        trace += 'i';
    } K3THREAD_END
    check_trace("gi");
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
}

void *sleep_guarded(void *arg)
{
    Guard guard('t');
    (void) k3thread_sleep(-1);
    return arg;
}

void raised()
{
    k3thread *t = test_start(sleep_guarded, NULL);

    test_wait_asleep(t);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
    check_trace("t");
}
} // namespace

K3THREAD_DEFINE_EXCEPTION(Mine, k3thread_Exception);

static void own_type()
{
    CHECK(test_catch([] { k3thread_throw(&Mine, NULL); }) == &Mine);
}

TEST_MAIN({"destructors", destructors}, {"allocating", allocating}, {"left", left_in_each_way},
          {"in-a-row", blocks_in_a_row},
          {"native", native_exceptions}, {"passes-handlers", passes_handlers},
          {"swallowed", swallowed}, {"swallowed-behind-finally", swallowed_behind_finally},
          {"throw-in-catch-all", thrown_in_catch_all}, {"noexcept", noexcept_functions},
          {"throw-twice-in-catch-all", thrown_twice_in_catch_all},
          {"wait-in-catch-all", waits_in_catch_all}, {"type-in-catch-all", type_in_catch_all},
          {"shield-in-catch-all", shield_in_catch_all}, {"cleanup-in-catch-all", cleanups_in_catch_all},
          {"pthread-exit-in-cleanup", pthread_exit_in_cleanup}, {"cleanup-throws", cleanup_throws}, {"raised", raised}, {"own-type", own_type})
