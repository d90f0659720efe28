/*
 * Blocks: what a thread has entered by K3THREAD_TRY and k3thread_cleanup_push, innermost first.
 *
 * The attribute cleanup of a block's variable leaves it, in whatever way its scope is left. During an
 * unwinding that is also how a try block catches: in its landing pad, after the inner variables of
 * the same function and before the outer ones, it jumps to its setjmp instead of going on.
 */
#ifndef K3THREAD_FRAME_H
#define K3THREAD_FRAME_H

#include "exc.h"
#include "k3thread.h"

enum k3t_state {
    K3T_ENTERED,               /* a try, before its setjmp; what is thrown goes outwards */
    K3T_BODY = K3THREAD_BODY_, /* in its body; it catches what is thrown */
    K3T_LANDED,  /* an exception has come out of the body; its handlers are asked in turn */
    K3T_HANDLER, /* in the handler that took it */
    K3T_PASSING, /* one has come out of a handler; no other handler is asked */
    K3T_FINAL,   /* in FINALLY or leaving; what is thrown goes outwards */
    K3T_CLEANUP, /* a cleanup that is to run */
    K3T_DONE     /* one that has run, or that no longer has to; it is no more in the list */
};

/* Throws EXC, which becomes the library's, in the calling thread. */
_Noreturn void k3t_throw(struct k3thread_flight_ *exc);

/*
 * The same, not declared as what it is: a caller that ends with it then jumps to it, and there is a
 * frame less to unwind.
 */
int k3t_throw_last(struct k3thread_flight_ *exc);

/* The same for what k3t_claim has found, with the type of the caller's own result. */
int     k3t_throw_claimed(void);
ssize_t k3t_throw_claimed_size(void);

/* Where an exception that is thrown now would land: NULL if nowhere. */
struct k3thread_try_ *k3t_frame_target(void);

/*
 * Leaves, innermost first, the blocks whose address is below LIMIT: code without landing pads left
 * them behind. Does not return if the target of the unwinding is among them.
 */
void k3t_frame_pass(uintptr_t limit);

/* Takes what the innermost block has caught out of it, so that it outlives the block. */
struct k3thread_flight_ *k3t_frame_take_caught(void);

#endif
