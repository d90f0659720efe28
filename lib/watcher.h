/*
 * The watcher of time limits: one hidden thread per process, while there are limits to watch.
 *
 * It sleeps until the nearest instant that any thread has, and marks those threads as due whose
 * instant has passed. A thread that sets a nearer instant than the watcher has planned for wakes it;
 * one that sets a later one, or none, does not: the watcher then finds out when it next looks.
 */
#ifndef K3THREAD_WATCHER_H
#define K3THREAD_WATCHER_H

#include "thread.h"

/* Begins to watch T, which is the calling thread. */
void k3t_watcher_add(struct k3thread *t);

/* Ends it, if it has begun. The memory of the thread itself may be gone. */
void k3t_watcher_remove(struct k3t_watched *watched);

/*
 * Tells the watcher of WATCHED's instant, or that it is no longer due, if it has to know. Returns
 * false if there is no watcher, and none can be started.
 */
bool k3t_watcher_tell(const struct k3t_watched *watched);

/* Around fork. In the child there is at most one watched thread: SELF, the calling one, or NULL. */
void k3t_watcher_lock(void);
void k3t_watcher_unlock(void);
void k3t_watcher_in_child(struct k3thread *self);

#endif
