#include "end.h"

#include "exit_count.h"
#include "gone.h"
#include "libc.h"
#include "news.h"
#include "queue.h"
#include "reap.h"
#include "registry.h"
#include "time_limit.h"
#include "wake.h"
#include "watcher.h"

#include <limits.h>

/* ThreadSanitizer, if the program has it, learns that a join sees what the thread did before this. */
extern void __tsan_release(void *address) __attribute__((weak));

static pthread_key_t key;
static void (*leave_blocks)(void); /* set before main */

/*
 * Takes T from the registry and closes its queue. Returns the exceptions to be freed. Caller holds the
 * registry's lock. fork holds that too: so its child finds that a thread is alive, and ends it there,
 * or that it has ended.
 */
static struct k3thread_exception_ *retire(struct k3thread *t)
{
    k3t_registry_remove(t);
    k3t_news_note_ended(t);
    k3t_watcher_remove(&t->watched);
    return k3t_queue_close(t);
}

/*
 * The record stays the calling thread's own: destructors of thread-specific data that call the library
 * find a thread that has ended. The count comes last: a thread that exits and sees it finds T among
 * the records that it waits for.
 */
void k3t_end_self(struct k3thread *t)
{
    struct k3thread_exception_ *dropped;
    const bool                  counted = t->counted;

    k3t_reap_some();
    k3t_registry_lock();
    dropped = retire(t);
    k3t_reap_later(t);
    k3t_registry_unlock();
    k3t_limit_end_all();
    k3t_wake_free_timer();
    k3t_queue_detach(t);
    k3t_queue_free(dropped);
    if (__tsan_release != NULL) /* for a thread that ends by the system call alone, too */
        __tsan_release(t);
    if (counted)
        k3t_exit_discount();
}

/* A cleanup may call pthread_exit once more, which then finds the destructor again. */
void k3t_end_not_unwound(struct k3thread *t)
{
    if (k3t_has_ended(t))
        return;
    pthread_setspecific(key, t);
    if (leave_blocks != NULL)
        leave_blocks();
    k3t_end_self(t);
}

void k3t_end_leave_blocks_by(void (*function)(void))
{
    leave_blocks = function;
}

void k3t_end_gone(struct k3thread *t)
{
    struct k3thread_exception_ *dropped = NULL;
    bool                        ended;

    k3t_registry_lock();
    ended = k3t_has_ended(t);
    if (!ended)
        dropped = retire(t);
    k3t_registry_unlock();
    k3t_queue_free(dropped);
    if (!ended)
        k3thread_unref(t); /* the thread's own reference */
}

void k3t_end_unborn(struct k3thread *t)
{
    struct k3thread_exception_ *dropped;

    k3t_registry_lock();
    dropped = retire(t);
    k3t_registry_unlock();
    k3t_queue_free(dropped);
    k3t_gone_set(t);
    if (t->counted)
        k3t_exit_discount();
    k3thread_unref(t);
}

/*
 * Ends an adopted thread, as a destructor of thread-specific data. In a program with ThreadSanitizer
 * it is called for every thread and in each round, for only the last round comes after all that the
 * thread does.
 */
static void on_destructors(void *arg)
{
    struct k3thread *t = arg;

    if (!K3T_EXIT_UNWINDS)
        k3t_end_not_unwound(t);
    else if (!k3t_has_ended(t))
        k3t_end_self(t);
    if (__tsan_release != NULL) {
        __tsan_release(t);
        if (++k3t_local.rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
            pthread_setspecific(key, t);
    }
}

void k3t_end_install(void)
{
    pthread_key_create(&key, on_destructors);
}

void k3t_end_with_destructors(struct k3thread *t)
{
    pthread_setspecific(key, t);
}
