/*
 * Keeps the blocks that a thread has entered by K3THREAD_TRY and k3thread_cleanup_push, innermost first, and the
 * exceptions that unwind its stack.
 *
 * The attribute cleanup of a block's variable leaves the block, in whatever way its scope is left. During an
 * unwinding a TRY block also catches there: in its landing pad, after the inner variables of the same function are
 * cleaned up and before the outer ones, the cleanup jumps to the block's setjmp and so ends the unwinding.
 */
#ifndef K3THREAD_FRAME_H
#define K3THREAD_FRAME_H

#include "exc.h"
#include "k3thread.h"

/* The state of a block. */
enum k3t_state {
    K3T_ENTERED,                     /* a TRY, before its setjmp; an exception goes outwards */
    K3T_BODY = K3THREAD_BODY_,       /* in its body; it catches exceptions */
    K3T_LIMITED = K3THREAD_LIMITED_, /* the same, while the time limit of the block is open */
    K3T_LANDED,  /* an exception has come out of the body; its handlers are tried in turn */
    K3T_HANDLER, /* in the handler that took it */
    K3T_PASSING, /* an exception has come out of a handler; no other handler is tried */
    K3T_FINAL,   /* in FINALLY; an exception goes outwards */
    K3T_CLEANUP, /* a cleanup that is to run */
    K3T_DONE     /* a cleanup that has run, or need not run any more; it has left the list */
};

/* Returns the innermost block. The caller knows that it is a TRY, because the macros nest. */
static inline struct k3thread_try_ *k3t_frame_top_try(void)
{
    return (struct k3thread_try_ *) k3thread_local_.top;
}

/*
 * Gives up the unwindings, from *INNERMOST to the one before UNTIL, that have not come as far out as LIMIT: another
 * exception or pthread_exit has left their frames. If there are any, *MASK gets the mask that the last of them
 * would have restored.
 */
void k3t_frame_abandon(struct k3thread_exception_      **innermost,
                       const struct k3thread_exception_ *until, uintptr_t limit,
                       unsigned char *mask);

/* Gives up all unwindings that began inside OUTER, which may be NULL. */
void k3t_frame_abandon_inside(struct k3thread_exception_ *outer);

/*
 * Returns true if a block is left because an exception passes it: the exception was thrown after the block was
 * entered. ENTERED is the unwinding in which the block was entered. CFA is the CFA of the function that leaves the
 * block, and so the lower end of the block's frame: unwindings that have not come as far out are given up.
 */
bool k3t_frame_is_passed(struct k3thread_exception_ *entered, const void *cfa);

/* Returns the block where an exception that is thrown now would land; NULL if there is none. */
struct k3thread_try_ *k3t_frame_target(void);

/* Takes the caught exception out of the innermost block, so that the exception outlives the block. */
struct k3thread_exception_ *k3t_frame_take_caught(void);

#endif
