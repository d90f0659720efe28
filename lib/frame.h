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
    K3T_ENTERED,                     /* a try, before its setjmp; what is thrown goes outwards */
    K3T_BODY = K3THREAD_BODY_,       /* in its body; it catches what is thrown */
    K3T_LIMITED = K3THREAD_LIMITED_, /* the same of a block that has a time limit, which is open */
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

/*
 * Gives up the unwindings, from the innermost to the one before UNTIL, that never got as far out as
 * LIMIT: their frames were left by another exception or by pthread_exit. The mask that was theirs to
 * restore is stored in MASK, unless there is none.
 */
void k3t_frame_abandon(struct k3thread_flight_ **innermost, const struct k3thread_flight_ *until,
                       uintptr_t limit, unsigned char *mask);

/*
 * Returns true if the block that is left, which was entered in the unwinding ENTERED, is left because
 * an exception passes it. Then that was thrown after. CFA is that of the function that leaves the
 * block, and so the lower end of the block's frame: what is left further in is given up.
 */
bool k3t_frame_is_passed(struct k3thread_flight_ *entered, const void *cfa);

/* Where an exception that is thrown now would land: NULL if nowhere. */
struct k3thread_try_ *k3t_frame_target(void);

/*
 * Leaves, innermost first, the blocks whose address is below LIMIT: code without landing pads left
 * them behind. Does not return if the target of the unwinding is among them.
 */
void k3t_frame_pass(uintptr_t limit);

/*
 * If a catch (...) has taken the innermost unwinding, sets the mask that handlers have, once: the
 * unwinding's own is for clean-ups. Whatever waits or asks for the mask calls it before.
 */
void k3t_frame_arrived(void);

static inline void k3t_frame_arrive(void)
{
    if (__builtin_expect(k3thread_local_.flight != NULL, 0))
        k3t_frame_arrived();
}

/* Takes what the innermost block has caught out of it, so that it outlives the block. */
struct k3thread_flight_ *k3t_frame_take_caught(void);

#endif
