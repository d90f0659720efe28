/*
 * Keeps the origin of an exception, which the exception shares with its copies: the data of k3thread_send_data, and
 * the exception that was its cause. An origin is counted by references; the last release frees the data and the
 * cause. The functions accept NULL.
 */
#ifndef K3THREAD_ORIGIN_H
#define K3THREAD_ORIGIN_H

#include "k3thread.h"

/*
 * Returns a new origin with one reference, or NULL without memory. Takes a reference to the origin of CAUSE, which
 * may be NULL.
 */
struct k3thread_origin_ *k3t_origin_new(void *data, void (*free_data)(void *data),
                                        const struct k3thread_exc *cause);

void k3t_origin_ref(struct k3thread_origin_ *origin);

/* Releases a reference. The caller holds no lock, because this may call code of the user. */
void k3t_origin_unref(struct k3thread_origin_ *origin);

/* Hands the data over to the caller: ORIGIN no longer frees it. */
void k3t_origin_release_data(struct k3thread_origin_ *origin);

#endif
