/*
 * Whether the kernel has done with a thread: it runs no more code, not even a destructor of its
 * thread-specific data.
 *
 * A thread locks a robust mutex in its record when it begins, and never unlocks it. So the kernel
 * itself marks the mutex, and wakes those who wait, when the thread is gone, however it went.
 */
#ifndef K3THREAD_GONE_H
#define K3THREAD_GONE_H

#include "thread.h"

/*
 * Prepares the record T, which no other thread knows of yet. Returns 0, or an error number where the
 * kernel, or what takes its place, has no robust mutexes.
 */
int k3t_gone_init(struct k3thread *t);

/* Marks the calling thread, whose record T is, as begun. From then on T must outlive it. */
void k3t_gone_begin(struct k3thread *t);

/* Marks T as gone, whose thread never came to be, is not in this process, or will never return. */
void k3t_gone_set(struct k3thread *t);

/* Returns true if T's thread is gone. What it wrote is then visible. */
bool k3t_is_gone(const struct k3thread *t);

/*
 * Waits until T's thread is gone; an interruptible wait. Returns 0, or what k3t_wait returns but
 * -EINTR. The caller keeps T alive.
 */
long k3t_gone_wait(struct k3thread *t, const struct timespec *deadline);

/* Waits until T's thread is gone, whatever is pending in the calling thread. */
void k3t_gone_wait_only(struct k3thread *t);

#endif
