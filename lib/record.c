#include "record.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_NAME_SIZE 32 /* has room for "Thread-" and any id */

__thread struct k3t_local k3t_local             K3THREAD_TLS_;
__thread struct k3thread_local_ k3thread_local_ K3THREAD_TLS_;

/*
 * Another copy of the library in the process must not take this one's variable for its own. The header's declaration
 * has the visibility that programs need, so that an attribute cannot say it.
 */
__asm__(".protected k3thread_local_");

size_t k3t_record_size(const char *name)
{
    size_t size = name != NULL ? strlen(name) + 1 : 0;

    return sizeof(struct k3thread) + (size > DEFAULT_NAME_SIZE ? size : DEFAULT_NAME_SIZE);
}

void k3t_record_init(struct k3thread *t, const char *name)
{
    memset(t, 0, k3t_record_size(name));
    atomic_init(&t->references, 1);
    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->wake_lock, NULL);
    t->event = -1;
    t->watched.nearest = K3T_NO_INSTANT;
    if (name != NULL)
        memcpy(t->name, name, strlen(name) + 1);
}

k3thread *k3thread_ref(k3thread *t)
{
    if (t != NULL)
        atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
    return t;
}

void k3thread_unref(k3thread *t)
{
    if (t == NULL || atomic_fetch_sub_explicit(&t->references, 1, memory_order_acq_rel) != 1)
        return;
    k3t_exc_free(t->ended_by);
    pthread_mutex_destroy(&t->lock);
    pthread_mutex_destroy(&t->wake_lock);
#ifndef __clang_analyzer__ /* it does not count references */
    free(t);
#endif
}

k3thread_id k3thread_get_id(const k3thread *t)
{
    return t->id;
}

const char *k3thread_get_name(const k3thread *t)
{
    return t->name;
}

pthread_t k3thread_get_pthread(const k3thread *t)
{
    return atomic_load_explicit(&t->thread, memory_order_relaxed);
}

pid_t k3thread_get_tid(const k3thread *t)
{
    return atomic_load(&t->tid);
}

bool k3thread_is_daemon(const k3thread *t)
{
    return t->daemon;
}
