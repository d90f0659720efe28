/* The descriptor that is readable while a thread has an exception pending, of k3thread_pending_fd. */
#ifndef K3THREAD_EVENT_H
#define K3THREAD_EVENT_H

#include "record.h"

/*
 * Makes T's descriptor, if it has one, readable if something is pending in T, and not readable
 * otherwise. Caller holds T's lock: the calls do not block.
 */
void k3t_event_update(const struct k3thread *t);

/* Returns T's descriptor, which is made if T has none yet, or -errno. errno is kept. */
int k3t_event_get(struct k3thread *t);

/* Closes T's descriptor, if it has one. Caller holds T's lock. */
void k3t_event_close(struct k3thread *t);

/* Gives T, the calling thread, in the child of fork a descriptor of its own in place of the parent's. */
void k3t_event_in_child(struct k3thread *t);

#endif
