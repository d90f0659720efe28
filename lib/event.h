/* Keeps the descriptor of k3thread_pending_fd, which is readable while its thread has an exception pending. */
#ifndef K3THREAD_EVENT_H
#define K3THREAD_EVENT_H

#include "record.h"

/*
 * Makes T's descriptor, if T has one, readable if something is pending in T, and not readable otherwise. Does not
 * block. Caller holds T's lock.
 */
void k3t_event_update(const struct k3thread *t);

/* Returns T's descriptor, and makes it if T has none yet; or -errno. Keeps errno. */
int k3t_event_get(struct k3thread *t);

/* Closes T's descriptor, if T has one. Caller holds T's lock. */
void k3t_event_close(struct k3thread *t);

/* Gives T, the calling thread in the child of fork, a descriptor of its own in place of the parent's. */
void k3t_event_in_child(struct k3thread *t);

#endif
