#include "cli/worker/remote_params.h"

#include "cli/base/exceptions.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/worker/environment.h"
#include "cli/worker/remote_input.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/thread_terminal.h"

#include <stdlib.h>

static void write_environment(struct text *params, const struct environment *environment)
{
    char **strings = environment_strings(environment);

    params->failed |= strings == NULL;
    if (strings != NULL)
        member_write_strings(params, "environment", strings);
    free(strings);
}

static void write_size(struct text *params, const struct worker *worker)
{
    struct pty_size size = thread_terminal_size(worker->assignment->terminal);

    member_write_integer(params, "rows", size.rows);
    member_write_integer(params, "columns", size.columns);
}

static void write_terminal(struct text *params, const struct worker *worker)
{
    member_write_true(params, "tty", true);
    write_size(params, worker);
}

/* Writes the start that the agent is to do, without the parts that this supervisor does itself. */
static void write_start(struct text *params, const struct worker *worker, bool has_environment)
{
    const struct job *job = worker->job;

    write_name(params, "start");
    text_byte(params, '{', 1);
    member_write_strings(params, "command", job->argv);
    if (has_environment)
        member_write_true(params, "environment", true);
    else
        write_environment(params, job->environment);
    member_write_string(params, "directory", job->directory);
    member_write_integer(params, "umask", job->umask);
    member_write_seconds(params, "timeout", job->timeout);
    member_write_seconds(params, "grace", job->grace);
    member_write_string(params, "stop_signal", exceptions_signal_name(job->stop_signal));
    member_write_true(params, "call", job->call);
    if (job->ready != NULL && worker->ready == NULL) { /* if not NULL, the worker itself probes */
        member_write_string(params, "ready", job->ready);
        member_write_seconds(params, "ready_timeout", job->ready_timeout);
    }
    if (job->tty)
        write_terminal(params, worker);
    else
        member_write_true(params, "input", remote_input_is_wanted(worker));
    text_byte(params, '}', 1);
}

void remote_write_execute(struct text *params, const struct worker *worker, bool has_environment)
{
    text_byte(params, '{', 1);
    member_write_integer(params, "id", (int64_t) worker->assignment->id);
    member_write_string(params, "name", worker->job->name);
    member_write_string(params, "host", worker->assignment->seat->name);
    if (worker->slot != SLOT_NUMBER_NONE)
        member_write_integer(params, "slot", worker->slot);
    write_start(params, worker, has_environment);
    text_byte(params, '}', 1);
}

void remote_write_end(struct text *params, const struct k3thread_exc *e, bool automatic)
{
    text_byte(params, '{', 1);
    member_write_exception(params, e->type->name, e->message);
    member_write_true(params, "automatic", automatic);
    text_byte(params, '}', 1);
}

void remote_write_resize(struct text *params, const struct worker *worker)
{
    text_byte(params, '{', 1);
    write_size(params, worker);
    text_byte(params, '}', 1);
}
