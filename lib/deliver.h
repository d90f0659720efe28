/* Delivery: the calling thread takes what is pending and throws it, at a checkpoint or in a wait. */
#ifndef K3THREAD_DELIVER_H
#define K3THREAD_DELIVER_H

#include "claim.h"
#include "syscall.h"
#include "unwind.h"

/*
 * Returns the result of a wait, or throws what the wait has claimed. It is the last call of a public
 * function, whose frame then need not be unwound.
 */
static inline __attribute__((always_inline)) int k3t_finish(long result)
{
    return result == K3T_INTERRUPTED ? k3t_throw_claimed() : (int) result;
}

static inline __attribute__((always_inline)) ssize_t k3t_finish_size(long result)
{
    return result == K3T_INTERRUPTED ? k3t_throw_claimed_size() : (ssize_t) result;
}

#endif
