/*
 * What is pending in a thread: the queue, the mask, the word, and the wake signal.
 *
 * The word is thread-local, so that a checkpoint is one load; its record points to it, so that
 * others can set it. It follows from the queue and the mask, and changes with them under the
 * record's lock. Whoever raises sets it first and sends the wake signal after, under the lock that
 * is for this alone: the thread's end waits for it, so that the tid is not another thread's by then.
 *
 * A foreign thread may be gone without the library's knowledge, and its memory with it. So nobody
 * else touches its word: the wake signal's handler, which runs in the thread itself, sets it.
 */
#ifndef K3THREAD_DELIVERY_H
#define K3THREAD_DELIVERY_H

#include "frame.h"
#include "syscall.h"
#include "thread.h"

/* Where the calling thread is, for the wake signal's handler. */
enum k3t_waiting {
    K3T_NOT_WAITING,
    K3T_WAITING, /* in k3t_wait, around its system call */
    K3T_DEFERRED /* the handler could not tell where: the wake signal is blocked, and pending again */
};

/* Returns the word of a thread with that mask that has so many exceptions pending. */
#define K3T_WORD(mask, pending)                                                                    \
    ((pending) == 0 || (mask) == K3THREAD_NEVER ? 0U                                               \
     : (mask) == K3THREAD_IMMEDIATE             ? K3T_WORD_CHECKPOINT | K3T_WORD_WAIT              \
                                                : K3T_WORD_WAIT)

/* Installs the wake signal's handler. */
void k3t_wake_install(void);

/* Sends it. The caller sees to it that TID is still the same thread. */
void k3t_wake_send(pid_t tid);

/* In the child of fork. */
void k3t_wake_in_child(void);

/* Opens the wake signal in the calling thread. */
void k3t_wake_unblock(void);

/* From then on, until it is closed, raises reach the calling thread, whose record T is. */
void k3t_attach(struct k3thread *t);

/*
 * Has T, which has ended or was never run, take no more raises. Returns those that it has, for k3t_drop
 * when the caller holds no lock.
 */
struct k3thread_flight_ *k3t_close(struct k3thread *t);
void                     k3t_drop(struct k3thread_flight_ *dropped);

/* The calling thread, whose record T was closed, has nothing more to do with it. */
void k3t_detach(struct k3thread *t);

/*
 * Marks T as due, and wakes it, if its nearest instant is not after NOW: a time limit of it is over.
 * And takes that back: T is the calling thread.
 */
void k3t_due(struct k3thread *t, int64_t now);
void k3t_not_due(struct k3thread *t);

/*
 * Is a wait to end? 0 if not; -ECANCELED if the mask is RETURN; else K3T_INTERRUPTED, and what is to
 * be thrown is out of the queue: the caller goes back to where k3t_finish throws it.
 */
long k3t_claim(void);

/*
 * The result of a wait, or the throw that it asks for. It is the last thing that a public function
 * does, which is therefore no frame to be unwound.
 */
static inline __attribute__((always_inline)) int k3t_finish(long result)
{
    return result == K3T_INTERRUPTED ? k3t_throw_claimed() : (int) result;
}

static inline __attribute__((always_inline)) ssize_t k3t_finish_size(long result)
{
    return result == K3T_INTERRUPTED ? k3t_throw_claimed_size() : (ssize_t) result;
}

/* True if a wait of the calling thread has to end. */
static inline bool k3t_wait_must_end(void)
{
    return (__atomic_load_n(&k3thread_local_.word, __ATOMIC_RELAXED) & K3T_WORD_WAIT) != 0;
}

/* Throws what is pending if the mask is IMMEDIATE. EDGE: see struct k3thread_flight_. */
void k3t_deliver(const void *edge);

/* Sets the calling thread's mask, which delivers nothing by itself; returns the old one. */
enum k3thread_mask k3t_mask(enum k3thread_mask mask);

#endif
