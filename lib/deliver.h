/*
 * Ends a public wait: returns its result, or throws the exception that the wait has claimed. deliver.c also throws
 * pending exceptions at checkpoints. unwind.h has the throwing itself.
 */
#ifndef K3THREAD_DELIVER_H
#define K3THREAD_DELIVER_H

#include "claim.h"
#include "syscall.h"
#include "unwind.h"

/*
 * Return RESULT, or throw the exception that the wait has claimed. A public function calls this last: the call is
 * then a jump, and the frame of the public function need not be unwound.
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
