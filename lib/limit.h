/*
 * Time limits: the scopes of K3THREAD_TIMEOUT that the calling thread is in. timeout.c enters them.
 *
 * A scope is a place on the stack and an instant. The thread tells the watcher the nearest instant of
 * its scopes, which is a store. When that has passed, the watcher marks the thread as due and wakes
 * it, as a raise would. The thread then finds the scope whose time is up, and throws that scope's
 * TimeoutError. So a scope that is left in time only costs its entry.
 */
#ifndef K3THREAD_LIMIT_H
#define K3THREAD_LIMIT_H

#include "record.h"

/* Enters a scope of SECONDS in the calling thread, without a limit yet. */
void k3t_limit_enter(struct k3thread_limit_ *limit, double seconds);

/*
 * Begins the limit of the innermost scope, LIMIT. The calling thread is SELF. If no watcher can be
 * started, ends the scope and returns false.
 */
bool k3t_limit_begin(struct k3thread_limit_ *limit, struct k3thread *self);

/* Ends the innermost scope, LIMIT, and withdraws its exception if that is pending. */
void k3t_limit_end(struct k3thread_limit_ *limit);

/* Ends all scopes of the calling thread, which has ended: it is watched no more, and cannot be due. */
void k3t_limit_end_all(void);

/*
 * Takes the exception of a scope whose time is up: if there are several, of the one that was up first,
 * and among equals of the outermost. Returns NULL if there is none. The calling thread is SELF.
 */
struct k3thread_exception_ *k3t_limit_take(struct k3thread *self);

#endif
