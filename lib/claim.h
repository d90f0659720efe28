/* Takes a pending exception of the calling thread, for the caller to throw: see deliver.h. */
#ifndef K3THREAD_CLAIM_H
#define K3THREAD_CLAIM_H

#include "exc.h"
#include "record.h"
#include "syscall.h"

/* Takes the next pending exception: the oldest of the queue, else that of a time limit, or NULL. */
struct k3thread_exception_ *k3t_take(struct k3thread *self);

/*
 * Asks whether a wait of the calling thread has to end. Returns 0 if not; -ECANCELED if the mask is
 * RETURN; else K3T_INTERRUPTED, and the exception is out of the queue: the caller has to return to
 * where k3t_finish throws it.
 */
long k3t_claim(void);

#endif
