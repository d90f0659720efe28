#include "cli/worker/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static STAILQ_HEAD(, mail) waiting = STAILQ_HEAD_INITIALIZER(waiting);
static bool woken;      /* a post has woken the server since it last cleared the eventfd */
static bool notify_all; /* see mailbox_notify_all() */
static int  wake_fd = -1;

int mailbox_open(void)
{
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake_fd < 0 ? -errno : wake_fd;
}

void mailbox_wake(void)
{
    if (eventfd_write(wake_fd, 1) < 0)
        return; /* EAGAIN: the eventfd is readable already */
}

/* Returns true if the server is to be told of the report in MAIL at once. Caller holds the lock. */
static bool must_notify(const struct mail *mail)
{
    const struct report *report = &mail->report;

    return notify_all || mail->notifies || report->state != STATE_RUNNING || report->runs > 1;
}

/* Returns true if the caller has to wake the server once it has released the lock, which it holds. */
static bool must_wake(const struct mail *mail)
{
    bool wakes = !woken && must_notify(mail);

    woken |= wakes;
    return wakes;
}

void mailbox_post(struct mail *mail, const struct report *report)
{
    bool wakes;

    pthread_mutex_lock(&lock);
    if (mail->is_posted)
        report_release(&mail->report);
    else
        STAILQ_INSERT_TAIL(&waiting, mail, link);
    report_copy(&mail->report, report);
    mail->is_posted = true;
    wakes = must_wake(mail);
    pthread_mutex_unlock(&lock);
    if (wakes)
        mailbox_wake();
}

void mailbox_notify(struct mail *mail)
{
    bool missed;

    pthread_mutex_lock(&lock);
    mail->notifies = true;
    missed = mail->is_posted;
    pthread_mutex_unlock(&lock);
    if (missed)
        mailbox_wake();
}

void mailbox_notify_all(void)
{
    bool missed;

    pthread_mutex_lock(&lock);
    notify_all = true;
    missed = !STAILQ_EMPTY(&waiting);
    pthread_mutex_unlock(&lock);
    if (missed)
        mailbox_wake();
}

void mailbox_clear(void)
{
    eventfd_t count;

    pthread_mutex_lock(&lock);
    (void) eventfd_read(wake_fd, &count); /* it fails if nothing has woken the server */
    woken = false;
    pthread_mutex_unlock(&lock);
}

struct mail *mailbox_take(struct report *ret)
{
    struct mail *mail;

    pthread_mutex_lock(&lock);
    mail = STAILQ_FIRST(&waiting);
    if (mail != NULL) {
        STAILQ_REMOVE_HEAD(&waiting, link);
        mail->is_posted = false;
        *ret = mail->report; /* with the strings, which the caller owns now */
    }
    pthread_mutex_unlock(&lock);
    return mail;
}
