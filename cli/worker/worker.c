#include "cli/worker/worker.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/worker/execution.h"
#include "cli/worker/mailbox.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A restart waits twice as long as the one before, from the first to the last of these seconds. */
#define FIRST_PAUSE 0.1
#define LAST_PAUSE  60.0

/* A command that ran for so many seconds had a good run: the pauses begin anew. */
#define GOOD_RUN 10.0

K3THREAD_DEFINE_EXCEPTION(worker_Go, k3thread_BaseException);
K3THREAD_DEFINE_EXCEPTION(worker_End, k3thread_BaseException);

bool worker_take(struct worker *worker, struct k3thread_exc *ret, bool *ret_automatic)
{
    if (!k3thread_take(ret))
        return false;
    *ret_automatic = ret->type == &worker_End;
    if (*ret_automatic)
        ret->type = worker->record->end_type;
    return true;
}

double worker_until(double deadline)
{
    double left;

    if (isinf(deadline))
        return -1;
    left = deadline - clock_monotonic();
    return left > 0 ? left : 0;
}

void worker_post(struct worker *worker, enum protocol_state state)
{
    worker->report->state = state;
    mailbox_post(worker->record, worker->report);
}

void worker_remember(struct worker *worker, const struct k3thread_exc *e)
{
    if (worker->report->exception != NULL)
        return;
    worker->report->exception = e->type;
    if (e->message[0] != '\0')
        worker->report->message = strdup(e->message); /* without memory: an end without words */
}

bool worker_ends_early(const k3thread_exctype *type)
{
    switch (exceptions_signal(type)) {
    case 0:
    case SIGINT:
    case SIGQUIT:
    case SIGKILL:
    case SIGTERM:
        return true;
    default:
        return false;
    }
}

/* What came while no command ran. */
enum news { NEWS_NONE, NEWS_GO, NEWS_END };

/* Takes what was raised while no command runs. */
static enum news take_raised(struct worker *worker)
{
    struct k3thread_exc e;
    enum news           news = NEWS_NONE;
    bool                automatic;

    while (worker_take(worker, &e, &automatic)) {
        if (e.type == &worker_Go) {
            news = NEWS_GO;
        } else if (worker_ends_early(e.type)) {
            worker->ending = true;
            worker_remember(worker, &e);
        }
    }
    return worker->ending ? NEWS_END : news;
}

bool worker_goes_on(struct worker *worker)
{
    return take_raised(worker) != NEWS_END;
}

/* Waits for SECONDS; returns false when an exception ended the thread instead. */
static bool pause_for(struct worker *worker, double seconds)
{
    double end = clock_monotonic() + seconds;

    while (k3thread_sleep(worker_until(end)) == -ECANCELED)
        if (take_raised(worker) == NEWS_END)
            return false;
    return true;
}

static bool wait_out_delay(struct worker *worker)
{
    if (worker->record->job.after == 0)
        return take_raised(worker) != NEWS_END;
    worker_post(worker, STATE_DELAYED);
    return pause_for(worker, worker->record->job.after);
}

/* The server sends worker_Go when a slot is free. */
static bool wait_for_slot(struct worker *worker)
{
    enum news news = NEWS_NONE;

    if (!worker->record->job.queues)
        return true;
    worker_post(worker, STATE_QUEUED);
    while (news == NEWS_NONE)
        if (k3thread_sleep(INFINITY) == -ECANCELED)
            news = take_raised(worker);
    return news == NEWS_GO;
}

static bool has_failed(const struct report *report)
{
    return report->exit_code != 0 || report->exception != NULL;
}

static bool is_restarted(const struct worker *worker)
{
    const struct job *job = &worker->record->job;

    if (worker->ending || job->restart == RESTART_NEVER)
        return false;
    if (job->restart == RESTART_ON_FAILURE && !has_failed(worker->report))
        return false;
    return job->restart_max == 0 || worker->restarts < job->restart_max;
}

/* A run's end is not the thread's: a TimeoutError in it stays only to be told with the restart. */
static void forget_run(struct worker *worker)
{
    worker->report->exception_before = worker->report->exception;
    worker->report->exception = NULL;
    worker->report->message = NULL; /* the mailbox frees it with the report that has it */
    worker->report->status = NULL;
    worker->report->error = 0;
}

/* Runs the command until it is not to be restarted. */
static void run(struct worker *worker)
{
    double pause = FIRST_PAUSE;

    for (;;) {
        double start = clock_monotonic();
        bool   first = worker->report->runs == 0;

        if (!execution_run(worker) && first)
            return;
        if (!is_restarted(worker))
            return;
        if (clock_monotonic() - start >= GOOD_RUN)
            pause = FIRST_PAUSE;
        worker->report->ready = false; /* its next run has to show it again */
        worker_post(worker, STATE_DELAYED);
        if (!pause_for(worker, pause))
            return;
        pause = earlier(2 * pause, LAST_PAUSE);
        worker->restarts++;
        forget_run(worker);
    }
}

/* They are the server's to hear of; here each would only interrupt a wait. */
static void block_ends_of_children(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void *worker_run(void *argument)
{
    struct record *record = argument;
    struct worker  worker = {
         .record = record, .report = &record->draft, .deadline = INFINITY, .pidfd = -1, .input = -1};

    block_ends_of_children();
    k3thread_set_mask(K3THREAD_RETURN);
    *worker.report = record->now;
    worker.report->tid = gettid();
    if (wait_out_delay(&worker) && wait_for_slot(&worker))
        run(&worker);
    worker.report->tid = worker.report->pid = 0;
    worker.report->ended = clock_wall();
    worker_post(&worker, STATE_ENDED);
    return NULL;
}
