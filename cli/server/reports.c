#include "cli/server/reports.h"

#include "cli/base/exceptions.h"
#include "cli/base/shared_string.h"
#include "cli/server/attachment.h"
#include "cli/server/far_process.h"
#include "cli/server/threads.h"
#include "cli/worker/mailbox.h"

#include <stdlib.h>

static void (*handle_overdue)(struct record *record);
static void (*handle_loaded)(struct record *record);

void reports_handle_overdue(void (*handle)(struct record *record))
{
    handle_overdue = handle;
}

void reports_handle_loaded(void (*handle)(struct record *record))
{
    handle_loaded = handle;
}

/* The last report of a thread whose process on another machine owes a reply. It is kept until the reply has come. */
struct late_report {
    struct record *record;
    struct report  report;
    STAILQ_ENTRY(late_report) link;
};

static STAILQ_HEAD(, late_report) late = STAILQ_HEAD_INITIALIZER(late);

/* Keeps REPORT for later. Returns false without memory. */
static bool put_off(struct record *record, const struct report *report)
{
    struct late_report *put = malloc(sizeof(*put));

    if (put == NULL)
        return false;
    *put = (struct late_report){.record = record, .report = *report};
    STAILQ_INSERT_TAIL(&late, put, link);
    return true;
}

/* Resolves an exception that only the process of RECORD knows. */
static void find_foreign(struct record *record, struct report *report)
{
    const k3thread_exctype *type = attachment_find_type(record->attachment, report->foreign);

    report->exception =
        type != NULL ? type
                     : exceptions_learn(report->foreign, report->foreign_base, &record->types);
    if (report->exception == NULL)
        report->exception = report->foreign_base;
}

/*
 * Completes NEW, the last report on RECORD: the worker may have seen its process end before it was told of the
 * exception by which the process ended.
 */
static void add_arrived(const struct record *record, struct report *new)
{
    const struct arrived_end *arrived = &record->arrived;

    if (new->exception != NULL || arrived->type == NULL || arrived->run != new->runs)
        return;
    new->exception = arrived->type;
    if (new->message == NULL)
        new->message = shared_string_ref(arrived->message);
}

/* Takes NEW, a report on RECORD. RECORD takes over its content. */
static void take_report(struct record *record, struct report *new)
{
    struct report old = record->now;

    if (new->foreign != NULL)
        find_foreign(record, new);
    if (new->state == STATE_ENDED)
        add_arrived(record, new);
    record->now = *new;
    if (new->overdue > old.overdue && record->attachment != NULL)
        handle_overdue(record);
    if (record->job.call)
        handle_loaded(record);
    if (new->state == STATE_ENDED)
        far_process_end(record);
    else if (new->far_id != 0)
        far_process_look(record);
    threads_take_in(record, &old);
    report_release(&old);
}

/* Takes the reports that were put off and whose reply has come. */
static void take_late(void)
{
    struct late_report *put, *next;

    for (put = STAILQ_FIRST(&late); put != NULL; put = next) {
        next = STAILQ_NEXT(put, link);
        if (!attachment_read_last(put->record->attachment))
            continue;
        STAILQ_REMOVE(&late, put, late_report, link);
        take_report(put->record, &put->report);
        free(put);
    }
}

/*
 * attachment_read_last() serves the last lines of a process, and each line calls this function again. That call
 * does nothing, so that the reports are taken in their order.
 */
void reports_take(void)
{
    static bool  is_running;
    struct mail *mail;
    struct report new;

    if (is_running)
        return;
    is_running = true;
    take_late();
    while ((mail = mailbox_take(&new)) != NULL) {
        struct record *record = record_of_mail(mail);

        /* Its process may have replied to a raise before it ended. */
        if (new.state == STATE_ENDED && !attachment_read_last(record->attachment) &&
            put_off(record, &new))
            continue;
        take_report(record, &new);
    }
    is_running = false;
}
