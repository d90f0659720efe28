/*
 * What is pending in a thread: the queue, the mask, the word, and the wake signal.
 *
 * The word is thread-local, so that a checkpoint is one load; its record points to it, so that
 * others can set it. It follows from the queue and the mask, and changes with them under the
 * record's lock. Whoever raises sets it first and sends the wake signal after, still under the lock,
 * so that the tid cannot have become another thread's.
 */
#ifndef K3THREAD_DELIVERY_H
#define K3THREAD_DELIVERY_H

#include "thread.h"

/* Where the calling thread is, for the wake signal's handler. */
enum k3t_waiting {
    K3T_NOT_WAITING,
    K3T_WAITING, /* in k3t_wait, around its system call */
    K3T_DEFERRED /* the handler could not tell where: the wake signal is blocked, and pending again */
};

/* Installs the wake signal's handler. */
void k3t_wake_install(void);

/* Opens the wake signal in the calling thread. */
void k3t_wake_unblock(void);

/* From then on, until the detach, raises reach the calling thread, whose record T is. */
void k3t_attach(struct k3thread *t);
void k3t_detach(struct k3thread *t);

/* The same for a thread that was never run, by another one. */
void k3t_detach_unborn(struct k3thread *t);

/*
 * Is a wait to end? Throws what is pending or returns -ECANCELED, as the mask says; 0 if there is
 * nothing to do.
 */
int k3t_interrupted(void);

/* True if a wait of the calling thread has to end. */
static inline bool k3t_wait_must_end(void)
{
    return (__atomic_load_n(&k3thread_word_, __ATOMIC_RELAXED) & 2U) != 0;
}

/* Throws what is pending if the mask is IMMEDIATE. EDGE: see struct k3thread_flight_. */
void k3t_deliver(const void *edge);

/* Sets the calling thread's mask, which delivers nothing by itself; returns the old one. */
enum k3thread_mask k3t_mask(struct k3thread *self, enum k3thread_mask mask);

#endif
