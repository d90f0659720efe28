/* Finds and lists the live threads, for the public interface. registry.h has the table. */
#include "end.h"
#include "registry.h"

/*
 * Ends T if it is gone but still in the registry, because it was adopted too late to end by itself (see
 * k3t_end_gone). Then also releases the reference, and returns true. T may be NULL.
 */
static bool end_if_gone(struct k3thread *t)
{
    if (t == NULL || k3thread_is_alive(t))
        return false;
    k3t_end_gone(t);
    k3thread_unref(t);
    return true;
}

k3thread *k3thread_find_id(k3thread_id id)
{
    struct k3thread *t = k3t_registry_find_id(id);

    return end_if_gone(t) ? NULL : t;
}

k3thread *k3thread_find(const char *name)
{
    struct k3thread *t;

    if (name == NULL)
        return NULL;
    do
        t = k3t_registry_find_name(name);
    while (end_if_gone(t));
    return t;
}

size_t k3thread_list(k3thread **threads, size_t capacity)
{
    while (end_if_gone(k3t_registry_find_gone())) {
    }
    return k3t_registry_list(threads, capacity);
}
