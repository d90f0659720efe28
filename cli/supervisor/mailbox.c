#include "cli/supervisor/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static STAILQ_HEAD(, record) waiting = STAILQ_HEAD_INITIALIZER(waiting);
static int wake_fd = -1;

int mailbox_open(void)
{
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake_fd < 0 ? -errno : wake_fd;
}

void mailbox_post(struct record *record, const struct report *report)
{
    bool was_empty;

    pthread_mutex_lock(&lock);
    was_empty = STAILQ_EMPTY(&waiting);
    if (record->is_posted && record->posted.message != report->message &&
        record->posted.message != record->now.message)
        free(record->posted.message);
    record->posted = *report;
    if (!record->is_posted)
        STAILQ_INSERT_TAIL(&waiting, record, mail);
    record->is_posted = true;
    pthread_mutex_unlock(&lock);
    if (was_empty && eventfd_write(wake_fd, 1) < 0)
        return; /* EAGAIN: it is readable already */
}

struct record *mailbox_take(struct report *ret_old)
{
    struct record *record;
    eventfd_t      count;

    pthread_mutex_lock(&lock);
    record = STAILQ_FIRST(&waiting);
    if (record != NULL) {
        STAILQ_REMOVE_HEAD(&waiting, mail);
        record->is_posted = false;
        if (record->now.message != record->posted.message)
            free(record->now.message);
        *ret_old = record->now;
        record->now = record->posted;
    } else if (eventfd_read(wake_fd, &count) < 0 && errno != EAGAIN) {
        abort(); /* an eventfd of ours cannot fail otherwise */
    }
    pthread_mutex_unlock(&lock);
    return record;
}
