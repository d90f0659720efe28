// A C++ program: destructors on every way out, C++ exceptions beside the library's.
#include "test.h"

#include <stdexcept>
#include <string>

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

// The strings are freed: a leak checker would see it.
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

// A C++ exception may pass a TRY, which is left; or be caught inside it.
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

// A catch (...) that throws on lets it pass; a catch of another type never sees it.
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

// One that does not throw on has caught it: the mask is what it was, and the library works.
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

// What comes out of END goes outwards with the mask that the block found.
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

// What a cleanup throws takes the place of what passes; it does not leave the landing pad, which
// would end the program.
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
          {"native", native_exceptions}, {"passes-handlers", passes_handlers},
          {"swallowed", swallowed}, {"swallowed-behind-finally", swallowed_behind_finally},
          {"cleanup-throws", cleanup_throws}, {"raised", raised}, {"own-type", own_type})
