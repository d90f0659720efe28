/*
 * The records of threads that have ended.
 *
 * A thread's own reference to its record must outlive it. So a thread that ends leaves it here, and
 * others give it back when the thread is gone: whoever joins it, and each thread that starts or ends
 * looks after the next two. Nobody waits for a thread only to do so.
 */
#ifndef K3THREAD_REAP_H
#define K3THREAD_REAP_H

#include "thread.h"

/* Takes over the reference of the calling thread, whose record T is, and which has ended. */
void k3t_reap_later(struct k3thread *t);

/* Gives back the reference of T, which is gone, if it has not been done yet. */
void k3t_reap(struct k3thread *t);

/* Gives back the references of the next few that are gone. */
void k3t_reap_some(void);

/* Waits until each thread here that the exit rule waits for is gone, at most until DEADLINE. */
long k3t_reap_wait(const struct timespec *deadline);

/* Takes and gives the lock, for fork. */
void k3t_reap_lock(void);
void k3t_reap_unlock(void);

/* Gives back, in the child of fork, the references of all but SURVIVOR. Unlocks. */
void k3t_reap_keep(struct k3thread *survivor);

#endif
