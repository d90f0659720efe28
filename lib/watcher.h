/*
 * Runs the watcher of time limits: one hidden thread per process, while there are limits to watch. time_limit.h keeps
 * the limits of a thread.
 *
 * The watcher sleeps until the nearest instant of all threads, and marks the threads whose instant has passed as
 * due. A thread that sets an earlier instant than the watcher sleeps until wakes the watcher. A thread that sets a
 * later instant, or none, does not: the watcher finds out at its next look.
 */
#ifndef K3THREAD_WATCHER_H
#define K3THREAD_WATCHER_H

#include "record.h"

/* Begins to watch T, which is the calling thread. */
void k3t_watcher_add(struct k3thread *t);

/* Ends the watch of WATCHED, if it is watched. The memory of the thread itself may be gone. */
void k3t_watcher_remove(struct k3t_watched *watched);

/*
 * Tells the watcher of WATCHED's instant, or that its thread is no longer due, if the watcher has to know. Returns
 * false if there is no watcher and none can be started.
 */
bool k3t_watcher_tell(const struct k3t_watched *watched);

/* Take and release the watcher's lock, around fork. */
void k3t_watcher_lock(void);
void k3t_watcher_unlock(void);

/*
 * Adapts to the child of fork, and releases the lock. At most one thread is watched there: SELF, the calling
 * thread, which may be NULL.
 */
void k3t_watcher_in_child(struct k3thread *self);

#endif
