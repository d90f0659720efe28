/*
 * Says whether a thread is gone: whether it runs no more code, not even a destructor of its thread-specific data.
 * gone_wait.h waits for that.
 *
 * A thread locks a robust mutex in its record when it begins, and never unlocks it. When the thread is gone,
 * however it ended, the mutex is marked with FUTEX_OWNER_DIED, and one waiter is woken. With glibc the kernel does
 * both. With musl pthread_exit does both, after the last destructor.
 */
#ifndef K3THREAD_GONE_H
#define K3THREAD_GONE_H

#include "record.h"

/*
 * Prepares the record T, which no other thread knows of yet. Returns 0, or an error number where the
 * kernel, or an emulation of it, has no robust mutexes.
 */
int k3t_gone_init(struct k3thread *t);

/* Marks the calling thread, whose record is T, as begun. T must outlive the thread. */
void k3t_gone_begin(struct k3thread *t);

/*
 * Marks T as gone, for a thread that could not be created, is not in this process, or will never
 * return.
 */
void k3t_gone_set(struct k3thread *t);

/* Returns true if T's thread is gone. All writes of the thread are then visible. */
bool k3t_is_gone(const struct k3thread *t);

/*
 * Returns the futex in the mutex (robust-futex-ABI). It is 0 before the thread has begun; then the tid, with
 * FUTEX_WAITERS if other threads wait; and a value with FUTEX_OWNER_DIED when the thread is gone.
 */
unsigned *k3t_gone_word(const struct k3thread *t);

/* Wakes every thread that waits on T's word. */
void k3t_gone_wake(const struct k3thread *t);

#endif
