/* Waits until a thread is gone. gone.h says when it is. */
#ifndef K3THREAD_GONE_WAIT_H
#define K3THREAD_GONE_WAIT_H

#include "record.h"

/*
 * Waits until T's thread is gone; an interruptible wait. Returns 0, or the result of k3t_wait, but not -EINTR. The
 * caller holds a reference to T.
 */
long k3t_gone_wait(struct k3thread *t, const struct timespec *deadline);

/* Waits until T's thread is gone, whatever is pending in the calling thread. */
void k3t_gone_wait_only(struct k3thread *t);

#endif
