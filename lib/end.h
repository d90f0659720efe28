/*
 * The end of a thread: its record leaves the registry, takes no more raises, and is handed to reap.h,
 * which releases it when the thread is gone.
 */
#ifndef K3THREAD_END_H
#define K3THREAD_END_H

#include "record.h"

/* Prepares what k3t_end_with_destructors needs. To be called once. */
void k3t_end_install(void);

/* Makes the calling thread, whose record is T, end when its destructors of thread-specific data run. */
void k3t_end_with_destructors(struct k3thread *t);

/* Ends the calling thread, whose record T is. */
void k3t_end_self(struct k3thread *t);

/*
 * Registers the function by which k3t_end_not_unwound leaves the blocks of the calling thread. Without one it takes
 * it that no thread has entered a block.
 */
void k3t_end_leave_blocks_by(void (*function)(void));

/*
 * Ends the calling thread, whose record T is, while pthread_exit or pthread_cancel ends it without unwinding: first
 * leaves its blocks, whose variables are still there, and so runs the cleanups that are left.
 */
void k3t_end_not_unwound(struct k3thread *t);

/*
 * Ends T, a thread that is gone and has not ended: it was adopted in its very last destructors, too
 * late for one of the library's own to be called. May be called any number of times. The caller has a
 * reference.
 */
void k3t_end_gone(struct k3thread *t);

/* Ends T, whose thread could not be created, and releases the thread's reference. */
void k3t_end_unborn(struct k3thread *t);

#endif
