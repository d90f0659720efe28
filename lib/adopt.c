#include "adopt.h"

#include "end.h"
#include "fork.h"
#include "gone.h"
#include "memory.h"
#include "news.h"
#include "queue.h"
#include "registry.h"
#include "wake.h"

#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void)
{
    k3t_end_install();
    k3t_wake_install();
    k3t_fork_install();
}

struct k3thread *k3t_adopt(void)
{
    bool             is_main = gettid() == getpid();
    const char      *name = is_main ? "MainThread" : NULL;
    struct k3thread *t;

    pthread_once(&once, initialise);
    t = k3t_must_alloc(k3t_record_size(name));
    k3t_record_init(t, name);
    /* Fails only without robust mutexes. Then no thread can join this one; k3thread_start fails there anyway. */
    (void) k3t_gone_init(t);
    t->adopted = true;
    t->foreign = !is_main;
    atomic_store_explicit(&t->thread, pthread_self(), memory_order_relaxed);
    k3t_gone_begin(t);
    k3t_local.self = t;
    k3t_wake_unblock();
    k3t_queue_open(t);
    k3t_registry_add(t, "Dummy");
    k3t_news_note_begun(t);
    k3t_end_with_destructors(t);
    return t;
}

k3thread *k3thread_self(void)
{
    return k3t_self();
}
