/*
 * The word of a thread: two bits of struct k3thread_local_ that say whether its next checkpoint has to
 * throw, and whether its waits have to end. It follows from the queue and the mask (queue.h).
 */
#ifndef K3THREAD_WORD_H
#define K3THREAD_WORD_H

#include "k3thread.h"
#include "syscall.h"

/* The word of a thread that has this mask and so many exceptions pending. */
#define K3T_WORD(mask, pending)                                                                    \
    ((pending) == 0 || (mask) == K3THREAD_NEVER ? 0U                                               \
     : (mask) == K3THREAD_IMMEDIATE             ? K3T_WORD_CHECKPOINT | K3T_WORD_WAIT              \
                                                : K3T_WORD_WAIT)

/* Returns true if a wait of the calling thread has to end. */
static inline bool k3t_wait_must_end(void)
{
    return (__atomic_load_n(&k3thread_local_.word, __ATOMIC_RELAXED) & K3T_WORD_WAIT) != 0;
}

#endif
