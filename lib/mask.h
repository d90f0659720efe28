/* The mask of the calling thread, and what a catch (...) of C++ does to it. */
#ifndef K3THREAD_MASK_H
#define K3THREAD_MASK_H

#include "k3thread.h"

/* Sets the calling thread's mask, which delivers nothing by itself; returns the old one. */
enum k3thread_mask k3t_mask(enum k3thread_mask mask);

/* Returns the mask that a handler has, of a block whose mask is MASK: a handler never opens a mask. */
static inline enum k3thread_mask k3t_mask_in_handler(unsigned char mask)
{
    return mask == K3THREAD_IMMEDIATE ? K3THREAD_ON_BLOCKING : (enum k3thread_mask) mask;
}

/*
 * If a catch (...) has taken the innermost unwinding, sets the mask that handlers have, once: the
 * unwinding's own is for clean-ups. Every wait, and whatever asks for the mask, calls it before.
 */
void k3t_mask_catch_all_slow(void);

static inline void k3t_mask_catch_all_fast(void)
{
    if (__builtin_expect(k3thread_local_.unwinding != NULL, 0))
        k3t_mask_catch_all_slow();
}

#endif
