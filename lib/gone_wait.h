/* Waiting until a thread is gone: see gone.h. */
#ifndef K3THREAD_GONE_WAIT_H
#define K3THREAD_GONE_WAIT_H

#include "record.h"

/*
 * Waits until T's thread is gone; an interruptible wait. Returns 0, or what k3t_wait returns except
 * -EINTR. The caller keeps T alive.
 */
long k3t_gone_wait(struct k3thread *t, const struct timespec *deadline);

/* Waits until T's thread is gone, whatever is pending in the calling thread. */
void k3t_gone_wait_only(struct k3thread *t);

#endif
