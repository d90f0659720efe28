/*
 * Keeps what is pending in a thread: its queue of exceptions, and the word that follows from the queue and the
 * mask. Wakes the thread for a new exception; wake.h sends the signal.
 *
 * The word is thread-local, so that a checkpoint is one load; the record points to it, so that other threads can
 * set it. The word changes with the queue and the mask, under the record's lock. A sender sets the word first and
 * then sends the wake signal. It sends the signal under another lock, wake_lock, for which the end of a thread
 * waits: so the tid cannot belong to another thread by then.
 *
 * A foreign thread may be gone without the library's knowledge, and its memory with it. So no other thread touches
 * its word: the wake signal's handler, which runs in the thread itself, sets it.
 */
#ifndef K3THREAD_QUEUE_H
#define K3THREAD_QUEUE_H

#include "record.h"

/* Lets raises reach the calling thread, whose record is T, until the queue is closed. */
void k3t_queue_open(struct k3thread *t);

/*
 * Marks T as ended: T, whose thread has ended or never ran, takes no more raises. Returns the
 * exceptions that were pending, for k3t_queue_free.
 */
struct k3thread_exception_ *k3t_queue_close(struct k3thread *t);

/*
 * Frees the exceptions that k3t_queue_close has returned. The caller holds no lock, because this may call code of
 * the user.
 */
void k3t_queue_free(struct k3thread_exception_ *dropped);

/*
 * Detaches the calling thread from the queue of its record T, which is closed: waits until no sender uses its tid,
 * and resets the word and the mask of the thread.
 */
void k3t_queue_detach(struct k3thread *t);

/*
 * Puts EXC into the queue of T, which holds K3THREAD_QUEUE_MAX at most, and wakes T. On failure EXC stays the caller's.
 * Keeps errno.
 */
int k3t_queue_send(struct k3thread *t, struct k3thread_exception_ *exc);

/* Takes the oldest exception out of the queue of the calling thread SELF; returns NULL if the queue is empty. */
struct k3thread_exception_ *k3t_queue_take(struct k3thread *self);

/* Returns true if something is pending in the calling thread SELF. */
bool k3t_queue_is_pending(struct k3thread *self);

/*
 * k3t_queue_set_due marks T as due, and wakes T, if the nearest instant of T is not after NOW: then a time limit of
 * T has passed. k3t_queue_clear_due takes the mark back; T must be the calling thread.
 */
void k3t_queue_set_due(struct k3thread *t, int64_t now);
void k3t_queue_clear_due(struct k3thread *t);

/* Sets the mask of the calling thread SELF, and the word that follows from it. */
void k3t_queue_set_mask(struct k3thread *self, enum k3thread_mask mask);

#endif
