#include "cli/server/thread_events.h"

#include "cli/server/events.h"

void thread_events_create(struct record *record)
{
    record->is_told = true;
    events_post(EVENT_CREATED, record);
}

void thread_events_change(const struct record *record, enum protocol_state old)
{
    if (record->is_told && record->now.state != old && record->now.state != STATE_ENDED)
        events_post(EVENT_CHANGED, record);
}

/*
 * Returns true if RECORD has become ready since OLD. Without a probe, only the first run makes it
 * ready.
 */
static bool shows_ready(const struct record *record, const struct report *old)
{
    return record->now.shown > old->shown && (record->job.ready != NULL || old->shown == 0);
}

/* Posts that a new run begins. The event shows the exception that ended the run before. */
static void post_restarted(struct record *record)
{
    const k3thread_exctype *exception = record->now.exception;

    record->now.exception = record->now.exception_before;
    events_post_restarted(record, record->rerun == RERUN_BEGINS);
    record->now.exception = exception;
}

void thread_events_report(struct record *record, const struct report *old)
{
    const struct report *new = &record->now;
    bool begins = new->runs > old->runs;

    if (begins && new->runs == 1)
        events_post(EVENT_STARTED, record);
    else if (begins)
        post_restarted(record);
    if (shows_ready(record, old))
        events_post(EVENT_READY, record);
    else if (!begins && new->state != STATE_QUEUED)
        thread_events_change(record, old->state);
    if (new->left_count > old->left_count)
        events_post(EVENT_LEFT, record);
}
