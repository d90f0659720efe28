/*
 * The quick way: a plain start, join, raise or list, done before the C library has begun.
 *
 * Such a command is one request and its answer, which take a few microseconds. The start of a C
 * library takes a hundred times that: it relocates the program, and asks the processor what it can
 * do, which in a virtual machine is an exit to the host for each of forty questions. So the
 * program's entry (entry.S) comes here first. Whatever is out of the ordinary in the words, the
 * environment or the answer is left to the program itself, which then begins as any other.
 *
 * A request that was made by then is never made again: the program comes to the same one, and takes
 * over the connection with what was read from it (client_adopt()).
 *
 * The quick way is made of the program's own sources, QUICK_SHARED in the Makefile, which are
 * compiled a second time for it. libc.c has what they call of the C library. There is no
 * thread-local variable, and no pointer in initialised data, as nothing is relocated yet: so no
 * table of strings. The Makefile refuses a source that needs more.
 */
#ifndef K3THREAD_CLI_QUICK_QUICK_H
#define K3THREAD_CLI_QUICK_QUICK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A request that was sent whole, and as much of its answer as was read: not all, or no plain one.
 */
struct quick_request {
    int         fd; /* the connection */
    const char *received;
    size_t      size;
};

/* Hands it over, with its descriptor, once; false if there is none. The bytes stay. */
bool quick_take(struct quick_request *ret);

/* From entry.S: STACK is what the kernel left there. Returns if the program is to begin. */
__attribute__((visibility("hidden"))) void quick_main(char **stack);

#endif
