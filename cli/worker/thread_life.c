#include "cli/worker/thread_life.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/worker/execution.h"
#include "cli/worker/raised.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

/* The seconds before a restart: the pause doubles from the first to the last. */
#define FIRST_PAUSE 0.1
#define LAST_PAUSE  60.0

/* The seconds from the loss of a machine until a command runs again on another one. */
#define LOSS_PAUSE 1.0

/* After a run of at least this many seconds the pauses begin anew. */
#define GOOD_RUN 10.0

/* Waits for SECONDS; returns false when an exception ended the thread instead. */
static bool pause_for(struct worker *worker, double seconds)
{
    double end = clock_monotonic() + seconds;

    while (k3thread_sleep(clock_until(end)) == -ECANCELED)
        if (raised_while_idle(worker) == RAISED_END)
            return false;
    return true;
}

static bool wait_out_delay(struct worker *worker)
{
    if (worker->job->after == 0 || worker->assignment->again)
        return raised_while_idle(worker) != RAISED_END;
    worker_post(worker, STATE_DELAYED);
    return pause_for(worker, worker->job->after);
}

/*
 * Waits for worker_Go, which the server sends when a slot is free. Returns false if the thread has to
 * end.
 */
static bool wait_for_go(struct worker *worker)
{
    enum raised raised = RAISED_NOTHING;

    worker_post(worker, STATE_QUEUED);
    while (raised == RAISED_NOTHING)
        if (k3thread_sleep(INFINITY) == -ECANCELED)
            raised = raised_while_idle(worker);
    return raised == RAISED_GO;
}

/*
 * Waits until nothing of the command can run any more on the machine that was lost: the agent there ends everything
 * within a second, but it may notice the loss later than this side. Returns false if the thread has to end.
 */
static bool wait_out_loss(struct worker *worker)
{
    worker->report->ready = false;
    worker_post(worker, STATE_DELAYED);
    report_forget_run(worker->report);
    if (!pause_for(worker, LOSS_PAUSE))
        return false;
    /* By now the carrier has said how long it may take, unless it was lost itself. */
    return pause_for(worker, clock_until(atomic_load(&worker->assignment->seat->vacant)));
}

/* Returns true if the command, whose machine was lost, is to run on another machine. */
static bool is_moved(const struct worker *worker)
{
    return worker->lost && !worker->ending && worker->job->reschedule && worker->job->host == NULL;
}

static bool has_failed(const struct report *report)
{
    return report->exit_code != 0 || report->exception != NULL;
}

static bool is_restarted(const struct worker *worker)
{
    const struct job *job = worker->job;

    if (worker->ending || worker->lost || job->restart == RESTART_NEVER)
        return false;
    if (job->restart == RESTART_ON_FAILURE && !has_failed(worker->report))
        return false;
    return job->restart_max == 0 || worker->restarts < job->restart_max;
}

/* Runs the command until it is not to be restarted. */
static void run(struct worker *worker)
{
    double pause = FIRST_PAUSE;

    for (bool first = true;; first = false) {
        double start = clock_monotonic();

        bool began = execution_run(worker);

        if (is_moved(worker)) {
            if (!wait_out_loss(worker) || !wait_for_go(worker))
                return;
            continue;
        }
        if (!began && first)
            return;
        if (!is_restarted(worker))
            return;
        if (clock_monotonic() - start >= GOOD_RUN)
            pause = FIRST_PAUSE;
        worker->report->ready = false; /* the next run has to become ready itself */
        worker_post(worker, STATE_DELAYED);
        if (!pause_for(worker, pause))
            return;
        pause = clock_earlier(2 * pause, LAST_PAUSE);
        worker->restarts++;
        report_forget_run(worker->report);
    }
}

void *thread_life_run(void *argument)
{
    struct assignment *assignment = argument;
    struct worker      worker = {.assignment = assignment,
                                 .job = assignment->job,
                                 .report = &assignment->draft,
                                 .deadline = INFINITY,
                                 .pidfd = -1,
                                 .slot = SLOT_NUMBER_NONE};

    children_block_signal();
    k3thread_set_mask(K3THREAD_RETURN);
    worker.report->tid = gettid();
    if (wait_out_delay(&worker) && (!worker.job->queues || wait_for_go(&worker)))
        run(&worker);
    worker.report->tid = worker.report->pid = 0;
    worker.report->ended = clock_wall();
    worker_post(&worker, STATE_ENDED);
    return NULL;
}
