/*
 * Computes and reads the word of a thread: two bits of struct k3thread_local_ that say whether the next checkpoint
 * of the thread has to throw, and whether its waits have to end. The word follows from the queue and the mask
 * (queue.h).
 */
#ifndef K3THREAD_WORD_H
#define K3THREAD_WORD_H

#include "k3thread.h"
#include "syscall.h"

/* Computes the word of a thread with MASK and with PENDING exceptions. */
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
