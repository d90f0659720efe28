/*
 * The origin of an exception, which it shares with its copies: the data of k3thread_send_data, and the
 * exception that was its cause. It is counted by references; the last release frees both. Functions
 * take NULL.
 */
#ifndef K3THREAD_ORIGIN_H
#define K3THREAD_ORIGIN_H

#include "k3thread.h"

/*
 * Returns a new origin with one reference, or NULL without memory. It takes a reference to the origin
 * of CAUSE, which may be NULL.
 */
struct k3thread_origin_ *k3t_origin_new(void *data, void (*free_data)(void *data),
                                        const struct k3thread_exc *cause);

void k3t_origin_ref(struct k3thread_origin_ *origin);

/* Releases a reference. The caller holds no lock: this may call the user's code. */
void k3t_origin_unref(struct k3thread_origin_ *origin);

/* Makes the data the caller's: ORIGIN no longer frees it. */
void k3t_origin_release_data(struct k3thread_origin_ *origin);

#endif
