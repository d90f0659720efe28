/*
 * Tests what is given back to the kernel (cli/base/memory_release.h): all of the program that is never written to, and
 * the part of a thread's stack that is not in use; nothing else.
 */
#include "tests/lib/test.h"

#include "cli/base/libc.h"
#include "cli/base/memory_release.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#define LENGTH 8

static struct {
    uintptr_t start, end;
} given[LENGTH]; /* back to the kernel, in this order */
static size_t    given_count;
static uintptr_t frame_in_use; /* the lowest frame while the last piece was given back */
static int       trims;
static bool      no_attributes; /* of the thread are known */

/* The linker replaces these functions by the ones of this file: see the Makefile. */
int __real_madvise(void *start, size_t size, int advice);
int __wrap_madvise(void *start, size_t size, int advice);
int __real_pthread_getattr_np(pthread_t thread, pthread_attr_t *ret);
int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *ret);
int __wrap_malloc_trim(size_t pad);

int __wrap_malloc_trim(size_t pad)
{
    CHECK_EQUAL(pad, 0);
    trims++;
    return 1;
}

int __wrap_madvise(void *start, size_t size, int advice)
{
    CHECK(given_count < LENGTH);
    CHECK_EQUAL(advice, MADV_DONTNEED);
    given[given_count].start = (uintptr_t) start;
    given[given_count++].end = (uintptr_t) start + size;
    frame_in_use = (uintptr_t) __builtin_frame_address(0);
    return __real_madvise(start, size, advice);
}

int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *ret)
{
    return no_attributes ? ENOMEM : __real_pthread_getattr_np(thread, ret);
}

/* Returns the number of the piece that ADDRESS is in, or -1. */
static int piece_of(uintptr_t address)
{
    for (size_t i = 0; i < given_count; i++)
        if (address >= given[i].start && address < given[i].end)
            return (int) i;
    return -1;
}

extern const char __executable_start, etext, end; /* the linker defines them */

static int        written = 7;
static const char constant[] = "a constant";
static const void *const volatile relocated = &written; /* the loader has written it */

static void the_program_is_given_back(void)
{
    const uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
    const uintptr_t code_end = (uintptr_t) &etext;
    int             code;

    written++;
    memory_release_process();
#ifdef __GLIBC__
    CHECK_EQUAL(trims, 1);
#endif
    code = piece_of((uintptr_t) memory_release_process);
    CHECK_EQUAL(code, given_count - 1); /* it runs meanwhile, so it comes last */
    CHECK(code > 0 && piece_of(code_end - 1) == code && given[code].end - code_end < page);
    CHECK(piece_of((uintptr_t) &__executable_start) >= 0);
    CHECK(piece_of((uintptr_t) constant) >= 0 && piece_of((uintptr_t) constant) != code);
    for (size_t i = 0; i < given_count; i++)
        CHECK(given[i].start % page == 0 && given[i].end > given[i].start);
    CHECK(piece_of((uintptr_t) &written) < 0 && piece_of((uintptr_t) &relocated) < 0);
    CHECK(piece_of((uintptr_t) &end) < 0);
    CHECK(written == 8 && relocated == &written);
    CHECK_TEXT(constant, "a constant"); /* from the file again */
}

/* Writes to the stack, deeper than the caller's frame. Returns the address of some of it. */
static __attribute__((noinline)) uintptr_t write_below(void)
{
    volatile char deep[64 * 1024];

    memset((char *) (uintptr_t) deep, 'x', sizeof(deep));
    return (uintptr_t) deep + 4096;
}

static __attribute__((noinline)) void release_stack(void)
{
    const uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE), below = write_below();
    pthread_attr_t  attributes;
    size_t          size;
    void           *low;

    given_count = 0;
    memory_release_stack();
    CHECK_EQUAL(given_count, 1);
    CHECK_EQUAL(__real_pthread_getattr_np(pthread_self(), &attributes), 0);
    CHECK_EQUAL(pthread_attr_getstack(&attributes, &low, &size), 0);
    pthread_attr_destroy(&attributes);
    CHECK_EQUAL(given[0].start, (uintptr_t) low);
    CHECK(given[0].end % page == 0);
    if (TEST_SANITIZED) /* its frames are larger, or elsewhere */
        return;
    CHECK(*(volatile char *) below == '\0'); /* the kernel has it */
    CHECK(given[0].end < frame_in_use && frame_in_use - given[0].end < page + 512);
}

/* Releases the stack below frames that begin anywhere in a page. */
static __attribute__((noinline)) void release_deeper(int depth)
{
    volatile char frame[64];

    frame[0] = 'f';
    if (depth > 0)
        release_deeper(depth - 1);
    release_stack();
    CHECK(frame[0] == 'f');
}

static void *release(void *arg)
{
    release_deeper(100);
    no_attributes = true;
    given_count = 0;
    memory_release_stack();
    CHECK_EQUAL(given_count, 0); /* nobody knows where the stack is */
    return arg;
}

static void the_stack_below_is_given_back(void)
{
    pthread_t thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, release, NULL), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

TEST_MAIN({"program", the_program_is_given_back}, {"stack", the_stack_below_is_given_back})
