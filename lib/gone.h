/*
 * Whether the kernel has done with a thread: it runs no more code, not even a destructor of its
 * thread-specific data. How to wait for that is in gone_wait.h.
 *
 * A thread locks a robust mutex in its record when it begins, and never unlocks it. So the kernel
 * itself marks the mutex, and wakes its waiters, when the thread is gone, however it went. musl does so itself in
 * pthread_exit, after the last destructor.
 */
#ifndef K3THREAD_GONE_H
#define K3THREAD_GONE_H

#include "record.h"

/*
 * Prepares the record T, which no other thread knows of yet. Returns 0, or an error number where the
 * kernel, or what takes its place, has no robust mutexes.
 */
int k3t_gone_init(struct k3thread *t);

/* Marks the calling thread, whose record T is, as begun. From then on T must outlive it. */
void k3t_gone_begin(struct k3thread *t);

/*
 * Marks T as gone, for a thread that could not be created, is not in this process, or will never
 * return.
 */
void k3t_gone_set(struct k3thread *t);

/* Returns true if T's thread is gone. What it wrote is then visible. */
bool k3t_is_gone(const struct k3thread *t);

/*
 * Returns the mutex as the kernel sees it (robust-futex-ABI), a futex: 0 before the thread has begun,
 * then its tid, with FUTEX_WAITERS if others wait; FUTEX_OWNER_DIED when it is gone.
 */
unsigned *k3t_gone_word(const struct k3thread *t);

/* Wakes every thread that waits on T's word. */
void k3t_gone_wake(const struct k3thread *t);

#endif
