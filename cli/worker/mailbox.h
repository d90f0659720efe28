/*
 * The way from the workers to the server: reports, one slot a thread, and an eventfd that wakes.
 *
 * A later report replaces an earlier one that the server has not taken yet, so a post needs no
 * memory and cannot fail: the end of a thread is never lost. After posting that end, a worker
 * touches its slot no more.
 *
 * A report that a command runs wakes the server only if a client waits for news of the thread. For
 * any other thread it is soon enough to take that report when the next thing happens.
 */
#ifndef K3THREAD_CLI_WORKER_MAILBOX_H
#define K3THREAD_CLI_WORKER_MAILBOX_H

#include "cli/worker/thread_report.h"

#include <stdbool.h>
#include <sys/queue.h>

/* The slot of one thread; zeroed it is empty. Its members are read and written under the lock. */
struct mail {
    struct report report; /* that the server has not taken yet */
    bool          is_posted;
    bool          notifies; /* each report wakes the server */
    STAILQ_ENTRY(mail) link;
};

/* Makes the eventfd and returns it (the server polls it), or -errno. */
int mailbox_open(void);

/* Posts a copy of REPORT into MAIL. Any thread. */
void mailbox_post(struct mail *mail, const struct report *report);

/* Wakes the server without a report. Also from a signal handler. */
void mailbox_wake(void);

/* Makes the mailbox ready for the next wake-up: before the reports are taken. The server's thread only. */
void mailbox_clear(void);

/*
 * Takes the oldest report: *RET is the caller's from then on. Returns the slot that it was in, or NULL
 * if there is none. The server's thread only.
 */
struct mail *mailbox_take(struct report *ret);

/*
 * Has each report in MAIL, or in any slot, wake the server from now on. A report that was posted
 * before, and not taken, wakes it at once.
 */
void mailbox_notify(struct mail *mail);
void mailbox_notify_all(void);

#endif
