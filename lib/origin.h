/*
 * What an exception and its copies share: the data of k3thread_send_data, and the exception that was
 * its cause. Counted by references; the last one frees both. Functions take NULL.
 */
#ifndef K3THREAD_ORIGIN_H
#define K3THREAD_ORIGIN_H

#include "k3thread.h"

/*
 * Returns a new origin with one reference, or NULL without memory. It takes a reference to what CAUSE,
 * which may be NULL, shares itself.
 */
struct k3thread_origin_ *k3t_origin_new(void *data, void (*free_data)(void *data),
                                        const struct k3thread_exc *cause);

void k3t_origin_ref(struct k3thread_origin_ *origin);

/* Gives a reference back. No lock is held, for it may call the user's code. */
void k3t_origin_unref(struct k3thread_origin_ *origin);

/* Makes the data the caller's: it is not freed with ORIGIN. */
void k3t_origin_release_data(struct k3thread_origin_ *origin);

#endif
