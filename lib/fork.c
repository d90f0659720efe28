/*
 * Makes the library work in the child of fork, where only the calling thread lives on. The handlers take the locks
 * that it needs before the fork, so that the data under the locks is consistent in the child.
 *
 * The handlers are registered before main, so that they run next to the fork itself: the handlers of the program,
 * which may call the library, run before the locks are taken and after they are released.
 */
#include "fork.h"

#include "attach_state.h"
#include "event.h"
#include "exit_count.h"
#include "gone.h"
#include "news.h"
#include "reap.h"
#include "registry.h"
#include "wake.h"
#include "watcher.h"

#include <unistd.h>

static void prepare(void)
{
    k3t_attach_lock();
    k3t_registry_lock();
    k3t_reap_lock();
    k3t_watcher_lock();
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
    k3t_watcher_unlock();
    k3t_reap_unlock();
    k3t_registry_unlock();
    k3t_attach_unlock();
}

/*
 * Adapts SELF, the record of the thread that forked, to the child's only thread. The record gets a new
 * mutex "alive": the kernel would not mark the old mutex when the child's thread ends, because the
 * parent's thread locked it.
 */
static void live_on(struct k3thread *self)
{
    atomic_store(&self->tid, k3t_has_ended(self) ? 0 : gettid());
    atomic_store(&self->waiters, 0);
    k3t_gone_init(self);
    k3t_gone_begin(self);
    k3t_event_in_child(self);
    pthread_mutex_unlock(&self->lock);
    pthread_mutex_unlock(&self->wake_lock);
}

static void in_child(void)
{
    struct k3thread *self = k3t_local.self;

    if (self != NULL)
        live_on(self);
    k3t_wake_in_child();
    k3t_exit_in_child(self != NULL && self->counted);
    k3t_reap_keep(self);
    k3t_watcher_in_child(self);
    k3t_registry_keep(self);
    k3t_news_in_child();
    k3t_attach_in_child();
}

static void install(void)
{
    pthread_atfork(prepare, in_parent, in_child);
}

void k3t_fork_install(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, install);
}

/* Priorities up to 100 are reserved for the system. Constructors of the program run later. */
__attribute__((constructor(101))) static void install_early(void)
{
    k3t_fork_install();
}
