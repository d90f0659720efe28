#include "news.h"

#include "registry.h"

#include <errno.h>
#include <sys/eventfd.h>

#define TOLD   4U /* the supervisor knows the thread */
#define LISTED 8U /* the thread is in the list, which has a reference */

static atomic_int       wake_fd = -1; /* -1: no news are kept */
static struct k3thread *first,
    *last; /* guarded by the registry's lock, as a record's `news` and `next_news` are */

/* Adds BITS (K3T_NEWS_) to the news of T. Caller holds the registry's lock. */
static void add(struct k3thread *t, unsigned bits)
{
    const int saved_errno = errno;

    t->news |= bits;
    if ((t->news & LISTED) != 0)
        return;
    t->news |= LISTED;
    t->next_news = NULL;
    k3thread_ref(t);
    *(last != NULL ? &last->next_news : &first) = t;
    if (last == NULL)
        (void) eventfd_write(atomic_load(&wake_fd), 1); /* it never blocks */
    last = t;
    errno = saved_errno;
}

/*
 * A thread stores its tid, and then reads wake_fd here. k3t_news_begin() stores wake_fd, and then reads the tid of
 * each thread. So at least one of the two finds what the other has stored, and adds the news.
 */
void k3t_news_note_begun(struct k3thread *t)
{
    if (atomic_load(&wake_fd) >= 0) {
        k3t_registry_lock();
        if (atomic_load(&wake_fd) >= 0)
            add(t, K3T_NEWS_BEGUN);
        k3t_registry_unlock();
    }
}

void k3t_news_note_ended(struct k3thread *t)
{
    if (atomic_load(&wake_fd) >= 0 && (t->news & (TOLD | K3T_NEWS_BEGUN)) != 0)
        add(t, K3T_NEWS_ENDED);
}

static void add_live(struct k3thread *t)
{
    if (atomic_load(&t->tid) != 0)
        add(t, K3T_NEWS_BEGUN);
}

void k3t_news_begin(int wake)
{
    k3t_registry_lock();
    atomic_store(&wake_fd, wake);
    k3t_registry_each(add_live);
    k3t_registry_unlock();
}

struct k3thread *k3t_news_take(unsigned *ret_news)
{
    struct k3thread *t;

    k3t_registry_lock();
    t = first;
    if (t != NULL) {
        first = t->next_news;
        if (first == NULL)
            last = NULL;
        *ret_news = t->news & (K3T_NEWS_BEGUN | K3T_NEWS_ENDED);
        t->news = TOLD;
    }
    k3t_registry_unlock();
    return t;
}

void k3t_news_end(void)
{
    struct k3thread *t;
    unsigned         news;

    k3t_registry_lock();
    atomic_store(&wake_fd, -1);
    k3t_registry_unlock();
    while ((t = k3t_news_take(&news)) != NULL)
        k3thread_unref(t);
}

void k3t_news_in_child(void)
{
    struct k3thread *t;

    atomic_store(&wake_fd, -1);
    while ((t = first) != NULL) {
        first = t->next_news;
        t->news = 0;
        k3thread_unref(t);
    }
    last = NULL;
}
