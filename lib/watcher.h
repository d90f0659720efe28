/*
 * The watcher of time limits: one hidden thread per process, while there are limits to watch.
 *
 * It sleeps until the nearest instant that any thread has, and marks the threads whose instant has
 * passed as due. A thread that sets an instant before the one that the watcher sleeps until wakes it. A
 * thread that sets a later one, or none, does not: the watcher finds out when it next looks.
 */
#ifndef K3THREAD_WATCHER_H
#define K3THREAD_WATCHER_H

#include "record.h"

/* Begins to watch T, which is the calling thread. */
void k3t_watcher_add(struct k3thread *t);

/* Ends the watch of WATCHED, if there is one. The memory of the thread itself may be gone. */
void k3t_watcher_remove(struct k3t_watched *watched);

/*
 * Tells the watcher of WATCHED's instant, or that the thread is no longer due, if the watcher has to
 * know. Returns false if there is no watcher, and none can be started.
 */
bool k3t_watcher_tell(const struct k3t_watched *watched);

/* Take and give the watcher's lock, around fork. */
void k3t_watcher_lock(void);
void k3t_watcher_unlock(void);

/*
 * Adapts to the child of fork, and gives the lock. At most one thread is watched there: SELF, the
 * calling one, which may be NULL.
 */
void k3t_watcher_in_child(struct k3thread *self);

#endif
