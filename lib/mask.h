/*
 * Sets the mask of the calling thread, also where a catch (...) of C++ changes it. queue.h keeps the word that
 * follows from the mask.
 */
#ifndef K3THREAD_MASK_H
#define K3THREAD_MASK_H

#include "k3thread.h"

/* Sets the calling thread's mask and returns the old one. Throws nothing. */
enum k3thread_mask k3t_mask(enum k3thread_mask mask);

/* Returns the mask in a handler of a block that was entered with MASK: a handler never opens a mask. */
static inline enum k3thread_mask k3t_mask_in_handler(unsigned char mask)
{
    return mask == K3THREAD_IMMEDIATE ? K3THREAD_ON_BLOCKING : (enum k3thread_mask) mask;
}

/*
 * If a catch (...) has caught the innermost unwinding, sets the mask of a handler, once: the mask of the unwinding
 * is for clean-ups. Every wait, and every function that reads or sets the mask, calls this first.
 */
void k3t_mask_catch_all_slow(void);

static inline void k3t_mask_catch_all_fast(void)
{
    if (__builtin_expect(k3thread_local_.unwinding != NULL, 0))
        k3t_mask_catch_all_slow();
}

#endif
