#include "cli/worker/waiting.h"

#include "cli/base/clock.h"
#include "cli/base/memory_release.h"
#include "cli/process/spawn.h"
#include "cli/worker/ending.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/starting.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* After this many seconds without an event the worker assumes that the command goes on for a while. */
#define REST_AFTER 1.0

/* Returns true if there is a probe to try. While a library is being loaded, the probe is not tried. */
static bool uses_probe(const struct worker *worker)
{
    return worker->ready != NULL && worker->loading == NULL;
}

/* Returns the time of the next step of the probe or of the log, or NEXT if that is earlier. */
static double next_step(const struct worker *worker, double next)
{
    if (uses_probe(worker))
        next =
            clock_earlier(next, clock_earlier(ready_next(worker->ready), worker->ready_deadline));
    if (worker->log_limit != NULL)
        next = clock_earlier(next, worker->log_limit->next);
    return next;
}

/* Returns the seconds until NEXT: at most REST_AFTER while the worker has not rested. */
static double seconds_until(const struct worker *worker, double next)
{
    double left = clock_until(next);

    return worker->rested || (left >= 0 && left < REST_AFTER) ? left : REST_AFTER;
}

bool waiting_poll(struct worker *worker, struct pollfd *polls, size_t count, double next)
{
    int n;

    polls[WAITING_PROBE] = uses_probe(worker) ? ready_poll(worker->ready) : WAITING_NOTHING;
    polls[WAITING_LOG] =
        worker->log_limit != NULL ? log_limit_poll(worker->log_limit) : WAITING_NOTHING;
    n = k3thread_poll(polls, count, seconds_until(worker, next_step(worker, next)));
    if (n == -ECANCELED)
        return false;
    if (n == 0 && !worker->rested)
        memory_release_stack();
    worker->rested |= n == 0;
    return true;
}

/* Takes the messages, other than readiness, that the command has sent to its probe. */
static void take_words(struct worker *worker)
{
    char *status = ready_take_status(worker->ready);

    if (status != NULL) {
        report_set_status(worker->report, status);
        worker_post(worker, worker->report->state);
        free(status);
    }
    if (ready_is_stopping(worker->ready))
        ending_begin(worker);
}

void waiting_become_ready(struct worker *worker)
{
    worker->ready_deadline = INFINITY;
    worker->report->ready = true;
    worker->report->shown++;
}

/* Notes that the probe has shown the command to be ready, and posts it. */
static void take_ready(struct worker *worker)
{
    if (!ready_lasts(worker->ready))
        starting_close_probe(worker); /* the probe will report nothing more */
    if (worker->report->ready)
        return;
    waiting_become_ready(worker);
    if (worker->report->state != STATE_STOPPING)
        worker_post(worker, STATE_READY);
}

NOT_INLINED static void look_at_probe(struct worker *worker)
{
    struct spawn_plan plan = starting_plan(worker);
    bool              is_shown = ready_check(worker->ready, &plan);

    take_words(worker);
    if (is_shown)
        take_ready(worker);
}

static bool is_due(const struct pollfd *poll, double next)
{
    return poll->revents != 0 || clock_until(next) == 0;
}

void waiting_look(struct worker *worker, const struct pollfd *polls)
{
    if (worker->log_limit != NULL && is_due(&polls[WAITING_LOG], worker->log_limit->next)) {
        worker->log_limit->unread = worker->ready != NULL ? ready_position(worker->ready) : -1;
        log_limit_check(worker->log_limit);
    }
    if (uses_probe(worker) && is_due(&polls[WAITING_PROBE], ready_next(worker->ready)))
        look_at_probe(worker);
}

bool waiting_take_overdue(struct worker *worker, struct k3thread_exc *ret)
{
    worker->ready_deadline = INFINITY;
    if (worker->report->state == STATE_STOPPING)
        return false;
    worker->report->ready_overdue = true;
    *ret = (struct k3thread_exc){.type = &k3thread_TimeoutError};
    worker_word_not_ready(worker->job, ret->message, sizeof(ret->message));
    return true;
}
