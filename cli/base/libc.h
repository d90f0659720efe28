/*
 * Says how the C libraries, glibc and musl, differ for the program: types, the heap, unsafe
 * variables, and the stream of a parser's messages. System calls that a C library lacks are in linux_calls.h.
 */
#ifndef K3THREAD_CLI_BASE_LIBC_H
#define K3THREAD_CLI_BASE_LIBC_H

#include <features.h>

#ifdef __GLIBC__

#include <malloc.h>
#include <sys/resource.h>

/* The type of a limit's number, which is an enum with glibc. */
typedef __rlimit_resource_t limit_resource;

/* Makes all threads use one heap, as threads that hardly allocate need none of their own. */
static inline void libc_share_heap(void)
{
    mallopt(M_ARENA_MAX, 1);
}

/* Gives the free pages of the heap back to the kernel. */
static inline void libc_trim_heap(void)
{
    malloc_trim(0);
}

/* Forgets what a set-id program must not believe, nor pass on. glibc has done it before main(). */
static inline void libc_forget_unsafe_variables(void)
{
}

/* The stream that argp and getopt print messages to: glibc allows stderr to be replaced by another stream. */
#define LIBC_PARSER_STREAM stderr

#else /* musl */

#include <stdio.h>

typedef int limit_resource;

/* musl has one heap. */
static inline void libc_share_heap(void)
{
}

/* musl gives free pages back by itself. */
static inline void libc_trim_heap(void)
{
}

void libc_forget_unsafe_variables(void);

/* musl has no argp: tests/musl/libraries builds the one of gnulib, with a stream of its own. */
extern FILE *argp_stderr;
#define LIBC_PARSER_STREAM argp_stderr

#endif

#endif
