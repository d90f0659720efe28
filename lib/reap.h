/*
 * The records of threads that have ended.
 *
 * A thread's own reference to its record must outlive it. So a thread that ends leaves it here, and
 * other threads release it when the thread is gone: a thread that joins it, and each thread that starts
 * or ends releases the next two. No thread waits for another only to release its record.
 */
#ifndef K3THREAD_REAP_H
#define K3THREAD_REAP_H

#include "record.h"

/* Takes over the reference of the calling thread, whose record T is, and which has ended. */
void k3t_reap_later(struct k3thread *t);

/* Releases the reference of T, which is gone, if that has not been done yet. */
void k3t_reap(struct k3thread *t);

/* Releases the references of the next few threads that are gone. */
void k3t_reap_some(void);

/* Returns a reference to a thread here that the exit rule makes the caller wait for, or NULL. */
struct k3thread *k3t_reap_next_awaited(void);

/* Take and give the lock, around fork. */
void k3t_reap_lock(void);
void k3t_reap_unlock(void);

/* Releases, in the child of fork, the references of all but SURVIVOR. Gives the lock. */
void k3t_reap_keep(struct k3thread *survivor);

#endif
