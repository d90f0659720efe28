/*
 * The way from the workers to the server: reports, one slot a record, and an eventfd that wakes.
 *
 * A later report replaces an earlier one that the server has not seen yet, so a post needs no
 * memory and cannot fail: the end of a thread is never lost. After posting that end, a worker
 * touches its record no more.
 *
 * That a command runs wakes the server only where somebody heeds it: of a job that nobody waits
 * for yet, it is soon enough to see that when the next thing happens.
 */
#ifndef K3THREAD_CLI_WORKER_MAILBOX_H
#define K3THREAD_CLI_WORKER_MAILBOX_H

#include "cli/server/record.h"

/* Makes the eventfd and returns it (the server polls it), or -errno. */
int mailbox_open(void);

/* Posts REPORT for RECORD; its message, if any, becomes the record's. Any thread. */
void mailbox_post(struct record *record, const struct report *report);

/* Wakes the server without news. From a signal handler, too. */
void mailbox_wake(void);

/* Before the reports are taken, once a wake. The server's thread only. */
void mailbox_clear(void);

/*
 * Takes the next record that has news into RECORD->now; *RET_OLD is what it was before (its
 * message is freed). Returns NULL when there is none. The server's thread only.
 */
struct record *mailbox_take(struct report *ret_old);

/*
 * From now on each report of RECORD wakes the server, or of all if it is NULL. One that came
 * before and was not taken does, too.
 */
void mailbox_heed(struct record *record);

#endif
