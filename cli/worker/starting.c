#include "cli/worker/starting.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/base/status.h"
#include "cli/process/limits.h"
#include "cli/process/mark.h"
#include "cli/worker/environment.h"
#include "cli/worker/job_tokens.h"
#include "cli/worker/loading.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/logs.h"
#include "cli/worker/origin.h"
#include "cli/worker/output_begin.h"
#include "cli/worker/output_file.h"
#include "cli/worker/raised.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/thread_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct spawn_plan starting_plan(const struct worker *worker)
{
    const struct job *job = worker->job;
    struct spawn_plan plan = {
        .argv = job->argv,
        .environment = worker->environment,
        .directory = job->directory,
        .input_from = -1,
        .output = job->output,
        .umask = job->umask,
        .output_umask = job->has_own_log ? 0177 : job->umask,
        .limits = environment_limits(job->environment),
        .mark_resource = mark_resource(),
        .mark = mark_of(worker->assignment->id),
        .pid_until_exec = &worker->assignment->spawning,
    };

    if (worker->ready != NULL)
        ready_extend(worker->ready, &plan);
    if (worker->loading != NULL)
        loading_extend(worker->loading, &plan);
    return plan;
}

/* Reasons for a failure */

/* Returns the exit status of a thread whose command could not be started. */
static int status_of_failure(const struct spawned *spawned, int error)
{
    return spawned->stage == SPAWN_EXEC ? status_of_exec(error) : STATUS_INTERNAL;
}

static const char *object_of_failure(const struct job *job, enum spawn_stage stage)
{
    switch (stage) {
    case SPAWN_INPUT:
        return job->input;
    case SPAWN_OUTPUT:
        return job->output;
    case SPAWN_DIRECTORY:
        return job->directory;
    default:
        return job->argv[0];
    }
}

void starting_fail(struct worker *worker, int error, int status, struct text *why)
{
    worker->report->error = error;
    worker->report->exit_code = status;
    worker->report->signal = 0;
    report_set_message(worker->report, why);
}

/* Writes into WHY that the step which SPAWNED names has failed, and the reason for ERROR. */
static void describe_failure(const struct job *job, const struct spawned *spawned, int error,
                             struct text *why)
{
    static const char *const words[] = {
#define X(name, text) text,
        SPAWN_STAGES(X)
#undef X
    };
    const char *object = object_of_failure(job, spawned->stage);
    const char *stage = words[spawned->stage];

    if (spawned->interpreter[0] != '\0') {
        text_printf(why, "'%s' needs the interpreter '%s', which %s", object, spawned->interpreter,
                    error == ENOENT ? "is not there" : "may not be executed");
        return;
    }
    if (spawned->stage == SPAWN_OUTPUT && job->has_own_log)
        stage = "open the log";
    text_printf(why, "cannot %s '%s': %s", stage, object, strerror(error));
    if (spawned->stage != SPAWN_EXEC) /* at the exec the command's own limits hold */
        limits_explain(why, error);
}

/* Reports that the run could not start because of ERROR, in the step that SPAWNED names. */
static void note_failure(struct worker *worker, const struct spawned *spawned, int error)
{
    struct text why = {0};

    describe_failure(worker->job, spawned, error, &why);
    starting_fail(worker, error, status_of_failure(spawned, error), &why);
}

void starting_fail_at(struct worker *worker, enum spawn_stage stage, int error)
{
    note_failure(worker, &(struct spawned){.stage = stage}, error);
}

/* Preparations besides the process */

static int take_environment(struct worker *worker)
{
    const struct job    *job = worker->job;
    struct own_variables own =
        origin_variables(job->origin, worker->assignment->id, job->name, worker->slot);
    char *makeflags = NULL;

    own.notify = ready_notify_socket(worker->ready);
    if (worker->tokens != NULL) {
        makeflags =
            job_tokens_makeflags(worker->tokens, environment_value(job->environment, "MAKEFLAGS"));
        if (makeflags == NULL)
            return -ENOMEM;
        own.makeflags = makeflags;
    }
    worker->environment = environment_list(job->environment, &own);
    free(makeflags);
    return worker->environment != NULL ? 0 : -ENOMEM;
}

static void drop_environment(struct worker *worker)
{
    free(worker->environment);
    worker->environment = NULL;
}

int starting_open_extras(struct worker *worker, const char *probe)
{
    const struct job *job = worker->job;

    if (job->log_limit > 0 && (worker->log_limit = malloc(sizeof(*worker->log_limit))) == NULL)
        return -ENOMEM;
    if (worker->log_limit != NULL)
        log_limit_init(worker->log_limit);
    return probe != NULL ? ready_open(probe, &worker->ready) : 0;
}

void starting_close_probe(struct worker *worker)
{
    worker->ready_deadline = INFINITY;
    ready_close(worker->ready);
    worker->ready = NULL;
    drop_environment(worker);
}

void starting_close(struct worker *worker)
{
    starting_close_probe(worker);
    loading_close(worker->loading);
    worker->loading = NULL;
    if (worker->assignment->terminal != NULL)
        thread_terminal_end_run(worker->assignment->terminal);
    if (worker->log_limit != NULL)
        log_limit_close(worker->log_limit);
    free(worker->log_limit);
    worker->log_limit = NULL;
    job_tokens_end(worker->tokens);
    worker->tokens = NULL;
    slot_numbers_give_back(worker->slot);
    worker->slot = SLOT_NUMBER_NONE;
}

/*
 * Checks that no other process answers the probe already. If one does, an answer would say nothing about the
 * command, and the command could not get the address. Returns 0; -ECANCELED if an exception ended the thread
 * meanwhile; or another -errno with WHY.
 */
NOT_INLINED static int rule_out_probe(struct worker *worker, struct text *why)
{
    struct spawn_plan plan = starting_plan(worker);
    int               error;

    do
        error = ready_rule_out(worker->ready, &plan, why);
    while (error == -ECANCELED && raised_while_idle(worker) != RAISED_END);
    return error;
}

/* Takes a number of a slot and the descriptors of the jobserver. Returns 0, or -errno, perhaps with WHY. */
static int take_slot_number_and_tokens(struct worker *worker, struct text *why)
{
    struct spawn_plan plan = starting_plan(worker);
    int               error = slot_numbers_take(&worker->slot);

    return error == 0 ? job_tokens_open(&worker->tokens, worker->assignment->id, &plan, why)
                      : error;
}

/* Prepares the run. Returns 0 or -errno; the report then gives the reason, except for -ECANCELED. */
static int prepare(struct worker *worker)
{
    struct text why = {0};
    int         error = starting_open_extras(worker, worker->job->ready);

    if (error == 0 && worker->ready != NULL)
        error = rule_out_probe(worker, &why);
    if (error == 0 && worker->job->call)
        error = loading_open(worker->job, &worker->loading, &why);
    if (error == 0 && !worker->job->daemon)
        error = take_slot_number_and_tokens(worker, &why);
    if (error == 0)
        error = take_environment(worker);
    if (error == 0 || error == -ECANCELED)
        return error;
    if (why.size > 0)
        starting_fail(worker, -error, STATUS_INTERNAL, &why);
    else
        starting_fail_at(worker, SPAWN_ISOLATE, -error);
    return error;
}

/* The process */

/* Gives PLAN the thread's terminal, and opens the log, to which the worker copies. Returns 0 or -errno. */
NOT_INLINED static int give_terminal(const struct worker *worker, struct spawn_plan *plan,
                                     struct spawned *ret)
{
    struct thread_terminal *terminal = worker->assignment->terminal;

    ret->stage = SPAWN_OUTPUT;
    plan->input_from = terminal->slave;
    plan->at_terminal = true;
    return thread_terminal_begin(terminal, worker->job);
}

/* Gives PLAN the pipe of `send`, if the thread has one. Returns 0 or -errno. */
static int give_input(const struct worker *worker, struct spawn_plan *plan, struct spawned *ret)
{
    int pipe = worker->assignment->input;

    ret->stage = SPAWN_ISOLATE;
    plan->input = worker->job->input;
    job_tokens_extend(worker->tokens, plan);
    if (pipe >= 0) /* either end; unlike a FIFO, a pipe without a writer does not hold the open */
        plan->input_from = descriptors_reopen(pipe, O_RDONLY);
    return pipe >= 0 && plan->input_from < 0 ? plan->input_from : 0;
}

/* Spawns PLAN once, with the command's terminal or input. Returns 0 or -errno. */
static int try_spawn(const struct worker *worker, struct spawn_plan plan, struct spawned *ret)
{
    bool at_terminal = worker->assignment->terminal != NULL;
    int  error = at_terminal ? give_terminal(worker, &plan, ret) : give_input(worker, &plan, ret);

    if (error == 0)
        error = spawn(&plan, ret);
    if (!at_terminal && plan.input_from >= 0)
        close(plan.input_from);
    return error;
}

/* Spawns PLAN with the command's terminal or input, which the programs of a probe do not get. */
static int spawn_command(struct worker *worker, struct spawn_plan plan, struct spawned *ret)
{
    int error = try_spawn(worker, plan, ret);

    /* Another process may still be removing the directory of the log, so try more than once. */
    for (int tries = 0; error != 0 && ret->stage == SPAWN_OUTPUT && tries < LOGS_RESTORES_MAX &&
                        output_file_restore(worker->job, error);
         tries++)
        error = try_spawn(worker, plan, ret);
    return error;
}

/* Notes the process of a run, and the run's times. BEGIN is the time when the process was started. */
static void note_process(struct worker *worker, const struct spawned *spawned, double begin)
{
    const struct job *job = worker->job;
    struct report    *report = worker->report;

    worker->pid = spawned->pid;
    worker->pidfd = spawned->pidfd;
    account_set_leader(&worker->assignment->account, spawned->pid);
    worker->end = (struct ending){.half = INFINITY};
    worker->deadline = job->timeout >= 0 ? clock_monotonic() + job->timeout : INFINITY;
    worker->ready_deadline = INFINITY;
    worker->told_overdue = report->ready_overdue = false;
    if (worker->ready != NULL && job->ready_timeout >= 0)
        worker->ready_deadline = clock_monotonic() + job->ready_timeout;
    report->pid = spawned->pid;
    report->run_begin = begin;
    report->run_end = 0;
    report->missed = spawned->missed;
    report->slot = worker->slot;
}

void starting_announce(struct worker *worker, bool is_loaded)
{
    struct report *report = worker->report;

    report->started = clock_wall() - (clock_monotonic() - report->run_begin);
    report->runs++;
    report->loaded = is_loaded;
    if (worker->job->ready == NULL) {
        report->ready = true;
        report->shown++;
    }
    worker_post(worker, report->state == STATE_STOPPING ? STATE_STOPPING : STATE_RUNNING);
}

/* Posts that the command runs; or, while k3thread-host loads a library, only that there is a process. */
static void begin_run(struct worker *worker, const struct spawned *spawned, double begin)
{
    note_process(worker, spawned, begin);
    if (worker->loading == NULL)
        starting_announce(worker, true);
    else
        worker_post(worker, STATE_RUNNING);
}

NOT_INLINED bool starting_run(struct worker *worker)
{
    struct job         *job = worker->job;
    struct spawned      spawned = {0};
    struct spawn_plan   plan;
    struct output_begin begin;
    double              time;
    int                 error;

    worker->report->loaded = false;
    if (prepare(worker) != 0)
        return false;
    plan = starting_plan(worker);
    begin = output_begin(worker);
    time = clock_monotonic(); /* the command may run before this thread goes on */
    error = spawn_command(worker, plan, &spawned);
    if (error != 0) {
        output_begin_undo(worker);
        note_failure(worker, &spawned, -error);
        return false;
    }
    output_begin_note(worker, &begin);
    if (worker->loading != NULL)
        loading_begin(worker->loading);
    begin_run(worker, &spawned, time);
    job_tokens_begin(worker->tokens);
    if (worker->ready != NULL)
        ready_begin(worker->ready, &plan, begin.offset);
    if (worker->log_limit != NULL)
        log_limit_open(worker->log_limit, job->output, job->log_limit);
    if (worker->ready == NULL) /* a probe needs the environment while the command runs */
        drop_environment(worker);
    return true;
}
