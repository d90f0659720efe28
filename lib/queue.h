/*
 * What is pending in a thread: its queue of exceptions, its mask and its word, and the wake-up that
 * tells it of a new exception.
 *
 * The word is thread-local, so that a checkpoint is one load; the record points to it, so that other
 * threads can set it. The word changes with the queue and the mask, under the record's lock. A sender
 * sets the word first and then sends the wake signal. It sends under a lock of its own, wake_lock, for
 * which the end of a thread waits: so the tid cannot belong to another thread by then.
 *
 * A foreign thread may be gone without the library's knowledge, and its memory with it. So no other
 * thread touches its word: the wake signal's handler, which runs in the thread itself, sets it.
 */
#ifndef K3THREAD_QUEUE_H
#define K3THREAD_QUEUE_H

#include "record.h"

/* Lets raises reach the calling thread, whose record T is, until the queue is closed. */
void k3t_queue_open(struct k3thread *t);

/*
 * Marks T as ended: T, whose thread has ended or never ran, takes no more raises. Returns the
 * exceptions that were pending, for k3t_queue_free.
 */
struct k3thread_exception_ *k3t_queue_close(struct k3thread *t);

/* Frees what k3t_queue_close has returned. The caller holds no lock: this may call the user's code. */
void k3t_queue_free(struct k3thread_exception_ *dropped);

/*
 * Parts the calling thread from the queue of its record T, which is closed: waits until no sender uses
 * its tid, and makes the thread's word and mask those of a thread that the library does not know.
 */
void k3t_queue_detach(struct k3thread *t);

/* Gives EXC to T and wakes T. On failure EXC stays the caller's. errno is kept. */
int k3t_queue_send(struct k3thread *t, struct k3thread_exception_ *exc);

/* Takes the oldest exception of the calling thread SELF out of its queue; NULL if it is empty. */
struct k3thread_exception_ *k3t_queue_take(struct k3thread *self);

/* Returns true if something is pending in the calling thread SELF. */
bool k3t_queue_is_pending(struct k3thread *self);

/*
 * Marks T as due, and wakes it, if its nearest instant is not after NOW: a time limit of it has passed.
 * The second function takes the mark back; T is then the calling thread.
 */
void k3t_queue_set_due(struct k3thread *t, int64_t now);
void k3t_queue_clear_due(struct k3thread *t);

/* Sets the mask of the calling thread SELF, and the word that follows from it. */
void k3t_queue_set_mask(struct k3thread *self, enum k3thread_mask mask);

#endif
