/*
 * Keeps the time limits of the calling thread: the scopes of K3THREAD_TIMEOUT that it is in. timeout.c enters them.
 *
 * A scope is an object on the stack, with an instant. The thread tells the watcher (watcher.h) the nearest instant
 * of its scopes, which takes one store. When the instant has passed, the watcher marks the thread as due and wakes
 * it, as a raise would. The thread then finds the scope whose time is up, and throws that scope's TimeoutError. So
 * a scope that is left in time only costs its entry.
 */
#ifndef K3THREAD_TIME_LIMIT_H
#define K3THREAD_TIME_LIMIT_H

#include "record.h"

/* Enters the scope LIMIT of SECONDS in the calling thread. Its limit does not hold yet. */
void k3t_limit_enter(struct k3thread_limit_ *limit, double seconds);

/*
 * Begins the limit of the innermost scope, LIMIT. The calling thread is SELF. If no watcher can be started, ends the
 * scope and returns false. If SELF has ended, there is no limit: the watcher must not know a record that will be freed.
 */
bool k3t_limit_begin(struct k3thread_limit_ *limit, struct k3thread *self);

/* Ends the innermost scope, LIMIT, and withdraws its exception if the exception is pending. */
void k3t_limit_end(struct k3thread_limit_ *limit);

/* Returns the innermost scope of the calling thread, or NULL. */
struct k3thread_limit_ *k3t_limit_innermost(void);

/* Ends all scopes inside OUTER, which may be NULL: a pthread_exit has left them behind, and their stack is gone. */
void k3t_limit_end_inside(struct k3thread_limit_ *outer);

/* Ends all scopes of the calling thread, which has ended: the watcher watches it no more, so it cannot be due. */
void k3t_limit_end_all(void);

/*
 * Takes the exception of the scope whose time was up first, and among equal instants that of the outermost scope.
 * Returns NULL if the time of no scope is up. The calling thread is SELF.
 */
struct k3thread_exception_ *k3t_limit_take(struct k3thread *self);

#endif
