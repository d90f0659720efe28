/*
 * Keeps the records of threads that have ended, until the threads are gone.
 *
 * A thread's own reference to its record must outlive the thread. So a thread that ends leaves its reference here,
 * and other threads release it when the thread is gone: a thread that joins it does, and each thread that starts or
 * ends releases up to two. No thread waits for another only to release its record.
 */
#ifndef K3THREAD_REAP_H
#define K3THREAD_REAP_H

#include "record.h"

/* Takes over the reference that the calling thread, which has ended, has to its record T. */
void k3t_reap_later(struct k3thread *t);

/* Releases the reference of T, which is gone, if it is not released yet. */
void k3t_reap(struct k3thread *t);

/* Releases the references of the next few threads that are gone. */
void k3t_reap_some(void);

/* Returns a reference to an ended thread that the exit rule makes the caller wait for, or NULL. */
struct k3thread *k3t_reap_next_awaited(void);

/* Take and release the lock, around fork. */
void k3t_reap_lock(void);
void k3t_reap_unlock(void);

/* Releases, in the child of fork, the references of all threads but SURVIVOR. Releases the lock. */
void k3t_reap_keep(struct k3thread *survivor);

#endif
