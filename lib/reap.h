/*
 * The C library's side of an ended thread.
 *
 * Threads are joined, not detached, so that nothing of them (stack, thread-local memory) is left
 * when the process ends. Each that ends joins the one before it: one at most is still to be joined,
 * and nobody waits for it who has something else to do.
 */
#ifndef K3THREAD_REAP_H
#define K3THREAD_REAP_H

#include <pthread.h>

/*
 * From now on the calling thread, which the library created and which is ending, is the one to be
 * joined. Returns the one before, for k3t_reap_join.
 */
pthread_t k3t_reap_me(void);

/* Waits until it is gone. */
void k3t_reap_join(pthread_t ended);

/* Joins the last one. */
void k3t_reap_last(void);

/* In the child of fork: there is nothing to join. */
void k3t_reap_forget(void);

#endif
