/* Says how the C libraries differ, apart from the differences that only locks.c, gone.c or find_object.c needs. */
#ifndef K3THREAD_LIBC_H
#define K3THREAD_LIBC_H

#include <features.h>
#include <stdbool.h>

/*
 * True if pthread_exit and pthread_cancel unwind the stack, so that they run the cleanups of variables. With musl
 * they only call the handlers of pthread_cleanup_push, and leave the stack as it is.
 */
#ifdef __GLIBC__
enum { K3T_EXIT_UNWINDS = true };
#else
enum { K3T_EXIT_UNWINDS = false };
#endif

#endif
