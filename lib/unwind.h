/* Throwing: an exception of the library unwinds the stack of the calling thread. */
#ifndef K3THREAD_UNWIND_H
#define K3THREAD_UNWIND_H

#include "exc.h"

/* Throws EXC, which becomes the library's, in the calling thread. */
_Noreturn void k3t_throw(struct k3thread_exception_ *exc);

/*
 * Throws EXC as k3t_throw() does, but is not declared _Noreturn: a caller that ends with it then jumps to it, and there
 * is one frame less to unwind.
 */
int k3t_throw_last(struct k3thread_exception_ *exc);

/* Throws what k3t_claim has taken, also as a last call, with the type of the caller's own result. */
int     k3t_throw_claimed(void);
ssize_t k3t_throw_claimed_size(void);

#endif
