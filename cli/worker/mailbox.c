#include "cli/worker/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static STAILQ_HEAD(, record) waiting = STAILQ_HEAD_INITIALIZER(waiting);
static bool woken;    /* the server was, since it last cleared the eventfd */
static bool heed_all; /* see mailbox_heed() */
static int  wake_fd = -1;

int mailbox_open(void)
{
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake_fd < 0 ? -errno : wake_fd;
}

void mailbox_wake(void)
{
    if (eventfd_write(wake_fd, 1) < 0)
        return; /* EAGAIN: it is readable already */
}

/* Caller holds the lock. */
static bool is_heeded(const struct record *record)
{
    const struct report *report = &record->posted;

    return heed_all || record->is_heeded || report->state != STATE_RUNNING || report->runs > 1;
}

/* Caller holds the lock, and wakes the server after that. */
static bool must_wake(const struct record *record)
{
    bool wakes = !woken && is_heeded(record);

    woken |= wakes;
    return wakes;
}

/* Frees OLD, a part of a report that is replaced, unless one of the others still has it. */
static void drop(char *old, const char *newer, const char *older)
{
    if (old != newer && old != older)
        free(old);
}

void mailbox_post(struct record *record, const struct report *report)
{
    bool wakes;

    pthread_mutex_lock(&lock);
    if (record->is_posted) {
        drop(record->posted.message, report->message, record->now.message);
        drop(record->posted.status, report->status, record->now.status);
    }
    record->posted = *report;
    if (!record->is_posted)
        STAILQ_INSERT_TAIL(&waiting, record, mail);
    record->is_posted = true;
    wakes = must_wake(record);
    pthread_mutex_unlock(&lock);
    if (wakes)
        mailbox_wake();
}

void mailbox_heed(struct record *record)
{
    bool missed;

    pthread_mutex_lock(&lock);
    if (record != NULL)
        record->is_heeded = true;
    else
        heed_all = true;
    missed = record != NULL ? record->is_posted : !STAILQ_EMPTY(&waiting);
    pthread_mutex_unlock(&lock);
    if (missed)
        mailbox_wake();
}

void mailbox_clear(void)
{
    eventfd_t count;

    pthread_mutex_lock(&lock);
    if (eventfd_read(wake_fd, &count) < 0 && errno != EAGAIN)
        abort(); /* an eventfd of ours cannot fail otherwise */
    woken = false;
    pthread_mutex_unlock(&lock);
}

struct record *mailbox_take(struct report *ret_old)
{
    struct record *record;

    pthread_mutex_lock(&lock);
    record = STAILQ_FIRST(&waiting);
    if (record != NULL) {
        STAILQ_REMOVE_HEAD(&waiting, mail);
        record->is_posted = false;
        drop(record->now.message, record->posted.message, NULL);
        drop(record->now.status, record->posted.status, NULL);
        *ret_old = record->now;
        record->now = record->posted;
    }
    pthread_mutex_unlock(&lock);
    return record;
}
