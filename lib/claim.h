/* Takes a pending exception of the calling thread, for the caller to throw: see deliver.h. */
#ifndef K3THREAD_CLAIM_H
#define K3THREAD_CLAIM_H

#include "exc.h"
#include "record.h"
#include "syscall.h"

/*
 * Takes the next pending exception: the oldest of the queue, else the exception of a time limit. Returns NULL if
 * there is none.
 */
struct k3thread_exception_ *k3t_take(struct k3thread *self);

/*
 * Claims a pending exception for a wait of the calling thread. Returns 0 if the wait need not end; -ECANCELED if it
 * has to end and the mask is RETURN; else K3T_INTERRUPTED: the exception is out of the queue then, and the caller
 * has to return up to k3t_finish, which throws it.
 */
long k3t_claim(void);

#endif
