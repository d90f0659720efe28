/*
 * Runs a plain start, join, raise or list in the quick way: before the C library has begun.
 *
 * Such a command is one request and its answer, which take a few microseconds. The start of a C
 * library takes a hundred times as long: it relocates the program, and asks the processor forty
 * questions about its features, each of which is an exit to the host in a virtual machine. So the
 * program's entry (entry.S) first comes here. Anything unusual in the words, the environment or the
 * answer is left to the program itself, which then begins as usual.
 *
 * A request that the quick way has sent is never sent again: the program comes to the same request,
 * and takes over the connection with the bytes that were read from it (client_adopt()).
 *
 * The quick way consists of the program's own sources, QUICK_SHARED in the Makefile, which are
 * compiled a second time for it. libc.c has the functions of the C library that they call. Nothing
 * is relocated yet, so there is no thread-local variable, and no pointer in initialised data: no
 * table of strings, for example. The Makefile refuses a source that needs more.
 */
#ifndef K3THREAD_CLI_QUICK_QUICK_H
#define K3THREAD_CLI_QUICK_QUICK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A request that was sent in full, and the part of its answer that was read. That part is not the
 * whole answer, or the answer is not plain.
 */
struct quick_request {
    int         fd; /* the connection */
    const char *received;
    size_t      size;
};

/*
 * Puts the sent request, with its descriptor, into *RET. Returns false if there is none, or if it
 * was taken before. The received bytes stay where they are.
 */
bool quick_take(struct quick_request *ret);

/*
 * Runs the command line if it is plain. entry.S calls this with STACK as the kernel left it.
 * Returns if the program must begin.
 */
__attribute__((visibility("hidden"))) void quick_main(char **stack);

#endif
