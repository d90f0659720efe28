#include "cli/worker/remote_report.h"

#include "cli/base/clock.h"
#include "cli/rpc/write.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/report_json.h"
#include "cli/worker/seat.h"
#include "cli/worker/starting.h"
#include "cli/worker/waiting.h"

#include <string.h>

/* Appends the leftovers of this run, as the agent lists them, to the leftovers of the earlier runs. */
static void take_left(const struct remote_report *state, const struct report *got)
{
    const struct report *before = &state->before;
    struct report       *report = state->worker->report;
    unsigned             count = before->left_count + got->left_count;
    struct text          list = {0};

    if (count == report->left_count || got->left == NULL) {
        report->left_count = count;
        return;
    }
    report_begin_left(before, &list);
    if (strcmp(got->left, "[]") != 0) {
        write_comma(&list);
        text_append(&list, got->left + 1, strlen(got->left) - 2);
    }
    text_byte(&list, ']', 1);
    report_set_left(report, &list, before->left_listed + got->left_listed,
                    count - report->left_count);
}

static void take_usage(const struct remote_report *state, const struct usage *used)
{
    struct usage sum = state->used_before;

    sum.user += used->user;
    sum.system += used->system;
    if (sum.memory < used->memory)
        sum.memory = used->memory;
    account_put(&state->worker->assignment->account, &sum);
}

/* Begins to look at the output, which is in the log here. */
static void begin_probe(struct worker *worker, off_t offset)
{
    struct spawn_plan plan = starting_plan(worker);

    ready_begin(worker->ready, &plan, offset);
    if (worker->job->ready_timeout >= 0)
        worker->ready_deadline = clock_monotonic() + worker->job->ready_timeout;
}

/* Notes that the command has begun to run. */
static void begin(struct remote_report *state)
{
    struct worker *worker = state->worker;
    struct report *report = worker->report;

    state->has_begun = true;
    report->started = clock_wall();
    report->run_begin = clock_monotonic();
    report->run_end = 0;
    report->slot = worker->slot;
    output_begin_note(worker, &state->begin);
    report->runs++;
    if (worker->job->ready == NULL)
        waiting_become_ready(worker);
    if (worker->ready != NULL)
        begin_probe(worker, state->begin.offset);
    if (worker->log_limit != NULL)
        log_limit_open(worker->log_limit, worker->job->output, worker->job->log_limit);
}

/* Returns the state of the thread. The worker may have a probe of its own, so its report says whether it is ready. */
static enum protocol_state state_of(const struct worker *worker, const struct report *got)
{
    if (worker->report->state == STATE_STOPPING || got->state == STATE_STOPPING)
        return STATE_STOPPING;
    return worker->report->ready && worker->job->ready != NULL ? STATE_READY : STATE_RUNNING;
}

/* Takes the agent's message. The reason why a command cannot be run there may be no reason here. */
static void set_reason(const struct remote_report *state, const struct report *got)
{
    const struct worker *worker = state->worker;
    struct text          why = {0};

    text_add(&why, got->message);
    if (got->error != 0)
        text_printf(&why, " (on host '%s')", worker->assignment->seat->name);
    report_set_message(worker->report, &why);
}

/* Takes the end of the command from the agent's report. */
static void take_end(const struct remote_report *state, const struct report *got)
{
    struct report *report = state->worker->report;

    report->exit_code = got->exit_code;
    report->signal = got->signal;
    report->error = got->error;
    report->unended = got->unended;
    report->run_end = clock_monotonic();
    report->pid = 0;
    report->attached = 0;
    if (got->exception != NULL || got->foreign != NULL) {
        report->exception = got->exception;
        report_set_foreign(report, got->foreign, got->foreign_base);
        report_set_message_string(report, got->message);
    } else if (report->message == NULL && got->message != NULL) {
        set_reason(state, got);
    }
}

/* Notes that the agent's probe has shown the command to be ready. */
static void take_ready(const struct remote_report *state, const struct report *got)
{
    struct worker *worker = state->worker;
    bool           agent_probes = worker->job->ready != NULL && worker->ready == NULL;

    if (agent_probes && state->has_begun && got->shown > 0 && !worker->report->ready)
        waiting_become_ready(worker);
}

bool remote_report_take(struct remote_report *state, const json_t *json, bool is_last)
{
    struct worker *worker = state->worker;
    struct report  got = {0};
    struct usage   used = {0};
    bool           is_valid = report_read(&got, &used, json);

    if (is_valid) {
        worker->report->pid = got.pid;
        worker->report->missed = got.missed;
        worker->report->loaded = got.loaded;
        if (got.status != NULL)
            report_set_status(worker->report, got.status);
        take_left(state, &got);
        take_usage(state, &used);
        if (got.runs > 0 && !state->has_begun)
            begin(state);
        take_ready(state, &got);
        if (is_last)
            take_end(state, &got);
        else
            worker_post(worker, state_of(worker, &got));
    }
    report_release(&got);
    return is_valid;
}

void remote_report_open(struct remote_report *state, struct worker *worker)
{
    state->worker = worker;
    report_copy(&state->before, worker->report);
    state->used_before = account_usage(&worker->assignment->account);
    state->begin = output_begin(worker);
}

void remote_report_close(struct remote_report *state)
{
    if (!state->has_begun)
        output_begin_undo(state->worker);
    report_release(&state->before);
}
