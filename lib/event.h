/* The descriptor that is readable while a thread has an exception pending: k3thread_pending_fd. */
#ifndef K3THREAD_EVENT_H
#define K3THREAD_EVENT_H

#include "thread.h"

/*
 * Makes T's descriptor, if it has one, readable if T has something pending, else not. Caller holds
 * T's lock: the calls do not block.
 */
void k3t_event_update(const struct k3thread *t);

/* Closes T's descriptor, if it has one. Caller holds T's lock. */
void k3t_event_close(struct k3thread *t);

/* Gives the calling thread, in the child of fork, one of its own in place of the parent's. */
void k3t_event_in_child(struct k3thread *t);

#endif
