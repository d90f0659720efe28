/*
 * In the child only the calling thread lives on. The locks that it needs are taken before the fork,
 * so that what they guard is whole in the child.
 */
#include "fork.h"

#include "delivery.h"
#include "exit.h"
#include "reap.h"
#include "registry.h"

#include <unistd.h>

static void prepare(void)
{
    k3t_registry_lock();
    if (k3t_local.self != NULL) {
        pthread_mutex_lock(&k3t_local.self->wake_lock);
        pthread_mutex_lock(&k3t_local.self->lock);
    }
}

static void in_parent(void)
{
    if (k3t_local.self != NULL) {
        pthread_mutex_unlock(&k3t_local.self->lock);
        pthread_mutex_unlock(&k3t_local.self->wake_lock);
    }
    k3t_registry_unlock();
}

static void in_child(void)
{
    struct k3thread *self = k3t_local.self;

    if (self != NULL) {
        atomic_store(&self->tid, gettid());
        self->claimed = false; /* the joiner has gone */
        pthread_mutex_unlock(&self->lock);
        pthread_mutex_unlock(&self->wake_lock);
    }
    k3t_wake_in_child();
    k3t_reap_forget();
    k3t_exit_recount(self != NULL && self->counted);
    k3t_registry_keep(self);
}

void k3t_fork_install(void)
{
    pthread_atfork(prepare, in_parent, in_child);
}
