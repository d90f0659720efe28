#include "cli/server/stuck.h"

#include "cli/base/clock.h"

#include <math.h>
#include <signal.h>

/* A child that has not reached its exec after this many seconds counts as stuck. */
#define STUCK_AFTER 0.2

static TAILQ_HEAD(, record) watched = TAILQ_HEAD_INITIALIZER(watched);

void stuck_watch(struct record *record)
{
    if (record->is_stuck || record->now.pid != 0)
        return;
    mailbox_notify(&record->assignment.mail);
    record->stuck_pause = STUCK_AFTER;
    record->stuck_due = clock_monotonic() + STUCK_AFTER;
    record->is_stuck = true;
    TAILQ_INSERT_TAIL(&watched, record, stuck);
}

void stuck_unwatch(struct record *record)
{
    if (record->is_stuck)
        TAILQ_REMOVE(&watched, record, stuck);
    record->is_stuck = false;
}

/* Kills the child of RECORD, again and again after growing pauses. */
static void kill_child(struct record *record, double now)
{
    int child = atomic_load(&record->assignment.spawning);

    if (now < record->stuck_due)
        return;
    if (child > 0)
        kill(child, SIGKILL);
    record->stuck_pause *= 2;
    record->stuck_due = now + record->stuck_pause;
}

double stuck_kill(void)
{
    struct record *record, *next;
    double         now = clock_monotonic(), due = INFINITY;

    for (record = TAILQ_FIRST(&watched); record != NULL; record = next) {
        next = TAILQ_NEXT(record, stuck);
        if (record->now.pid != 0) { /* its command runs, so the worker gets the exception */
            stuck_unwatch(record);
            continue;
        }
        kill_child(record, now);
        due = clock_earlier(due, record->stuck_due);
    }
    return isinf(due) ? -1 : due - now;
}
