/*
 * Carries reports from the workers to the server: each thread has one slot, and an eventfd wakes the
 * server.
 *
 * A later report replaces an earlier report that the server has not taken yet, so a post needs no
 * memory and cannot fail: the end of a thread is never lost. After it has posted the end, a worker
 * does not touch its slot any more.
 *
 * The report that a command has started wakes the server only if a client waits for news of the
 * thread. Otherwise the server takes that report when something else wakes it.
 */
#ifndef K3THREAD_CLI_WORKER_MAILBOX_H
#define K3THREAD_CLI_WORKER_MAILBOX_H

#include "cli/worker/thread_report.h"

#include <stdbool.h>
#include <sys/queue.h>

/* The slot of one thread. All zeros: an empty slot. The mailbox's lock guards its members. */
struct mail {
    struct report report; /* not yet taken by the server, if is_posted */
    bool          is_posted;
    bool          notifies; /* each report wakes the server */
    STAILQ_ENTRY(mail) link;
};

/* Makes the eventfd and returns it (the server polls it), or -errno. */
int mailbox_open(void);

/* Posts a copy of REPORT into MAIL. Any thread. */
void mailbox_post(struct mail *mail, const struct report *report);

/* Wakes the server without a report. A signal handler may call it. */
void mailbox_wake(void);

/*
 * Makes the next post wake the server again. Only the server's thread calls it, before it takes
 * reports.
 */
void mailbox_clear(void);

/*
 * Takes the oldest report into *RET, which the caller then owns. Returns the slot of the report, or
 * NULL if there is no report. Only the server's thread calls it.
 */
struct mail *mailbox_take(struct report *ret);

/*
 * Make each report in MAIL, or in any slot, wake the server from now on. A report that is posted
 * already, but not taken, wakes it at once.
 */
void mailbox_notify(struct mail *mail);
void mailbox_notify_all(void);

#endif
