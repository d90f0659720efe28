#include "origin.h"

#include <stdatomic.h>
#include <stdlib.h>

struct k3thread_origin_ {
    atomic_uint references;
    void       *data;
    void (*free_data)(void *data); /* NULL: nothing to do */
    bool                has_cause;
    struct k3thread_exc cause;
};

struct k3thread_origin_ *k3t_origin_new(void *data, void (*free_data)(void *data),
                                        const struct k3thread_exc *cause)
{
    struct k3thread_origin_ *origin = malloc(sizeof(*origin));

    if (origin == NULL)
        return NULL;
    atomic_init(&origin->references, 1);
    origin->data = data;
    origin->free_data = free_data;
    origin->has_cause = cause != NULL;
    if (cause != NULL) {
        origin->cause = *cause;
        k3t_origin_ref(cause->origin_);
    }
    return origin;
}

void k3t_origin_ref(struct k3thread_origin_ *origin)
{
    if (origin != NULL)
        atomic_fetch_add_explicit(&origin->references, 1, memory_order_relaxed);
}

/* A loop and not a recursion, because a chain of causes may be as long as there are threads. */
void k3t_origin_unref(struct k3thread_origin_ *origin)
{
    while (origin != NULL &&
           atomic_fetch_sub_explicit(&origin->references, 1, memory_order_acq_rel) == 1) {
        struct k3thread_origin_ *next = origin->has_cause ? origin->cause.origin_ : NULL;

        if (origin->free_data != NULL)
            origin->free_data(origin->data);
        free(origin);
        origin = next;
    }
}

void k3t_origin_release_data(struct k3thread_origin_ *origin)
{
    if (origin != NULL)
        origin->free_data = NULL;
}

const struct k3thread_exc *k3thread_cause(const struct k3thread_exc *e)
{
    const struct k3thread_origin_ *origin = e != NULL ? e->origin_ : NULL;

    return origin != NULL && origin->has_cause ? &origin->cause : NULL;
}
