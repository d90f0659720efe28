/*
 * Time limits: the scopes of K3THREAD_TIMEOUT that the calling thread is in.
 *
 * A scope is a place on the stack and an instant. The thread tells the watcher the nearest instant of
 * its scopes, which is a store; when that has passed, the watcher marks the thread as due and wakes
 * it, as a raise would. The thread then finds which scope is over, and throws that one's TimeoutError.
 * So a scope that is left in time costs no more than that it was entered.
 */
#ifndef K3THREAD_LIMIT_H
#define K3THREAD_LIMIT_H

#include "exc.h"
#include "thread.h"

/* No instant: later than any. Instants are nanoseconds of the monotonic clock. */
#define K3T_NO_LIMIT INT64_MAX

int64_t k3t_now(void);

/*
 * Takes the exception of a scope whose time is up: of several, the one that was up first, and of those
 * the outermost. Returns NULL if there is none. The calling thread is SELF.
 */
struct k3thread_flight_ *k3t_limit_take(struct k3thread *self);

/* Ends a scope, and withdraws its exception if that is pending. */
void k3t_limit_end(struct k3thread_limit_ *limit);

/* Sets the innermost scope of the calling thread; returns the old one. */
struct k3thread_limit_ *k3t_limit_exchange(struct k3thread_limit_ *innermost);

/* In the child of fork. */
void k3t_limit_in_child(void);

#endif
