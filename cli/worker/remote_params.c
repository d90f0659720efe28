#include "cli/worker/remote_params.h"

#include "cli/base/exceptions.h"
#include "cli/rpc/write.h"
#include "cli/worker/environment.h"
#include "cli/worker/remote_input.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/thread_terminal.h"

#include <stdlib.h>

static void write_string(struct text *params, const char *name, const char *string)
{
    if (string == NULL)
        return;
    write_name(params, name);
    write_bytes(params, string);
}

static void write_number(struct text *params, const char *name, int64_t number)
{
    write_name(params, name);
    write_integer(params, number);
}

static void write_time(struct text *params, const char *name, double seconds)
{
    if (seconds < 0)
        return;
    write_name(params, name);
    write_seconds(params, seconds);
}

static void write_true(struct text *params, const char *name, bool value)
{
    if (!value)
        return;
    write_name(params, name);
    text_add(params, "true");
}

static void write_list(struct text *params, const char *name, char *const *strings)
{
    write_name(params, name);
    text_byte(params, '[', 1);
    for (; *strings != NULL; strings++) {
        write_comma(params);
        write_bytes(params, *strings);
    }
    text_byte(params, ']', 1);
}

static void write_environment(struct text *params, const struct environment *environment)
{
    char **strings = environment_strings(environment);

    params->failed |= strings == NULL;
    if (strings != NULL)
        write_list(params, "environment", strings);
    free(strings);
}

static void write_size(struct text *params, const struct worker *worker)
{
    struct pty_size size = thread_terminal_size(worker->assignment->terminal);

    write_number(params, "rows", size.rows);
    write_number(params, "columns", size.columns);
}

static void write_terminal(struct text *params, const struct worker *worker)
{
    write_true(params, "tty", true);
    write_size(params, worker);
}

/* Writes what the agent starts: a start without what the run does itself. */
static void write_start(struct text *params, const struct worker *worker, bool has_environment)
{
    const struct job *job = worker->job;

    write_name(params, "start");
    text_byte(params, '{', 1);
    write_list(params, "command", job->argv);
    if (has_environment)
        write_true(params, "environment", true);
    else
        write_environment(params, job->environment);
    write_string(params, "directory", job->directory);
    write_number(params, "umask", job->umask);
    write_time(params, "timeout", job->timeout);
    write_time(params, "grace", job->grace);
    write_string(params, "stop_signal", exceptions_signal_name(job->stop_signal));
    write_true(params, "call", job->call);
    if (job->ready != NULL && worker->ready == NULL) { /* a probe of the output looks here */
        write_string(params, "ready", job->ready);
        write_time(params, "ready_timeout", job->ready_timeout);
    }
    if (job->tty)
        write_terminal(params, worker);
    else
        write_true(params, "input", remote_input_is_wanted(worker));
    text_byte(params, '}', 1);
}

void remote_write_execute(struct text *params, const struct worker *worker, bool has_environment)
{
    text_byte(params, '{', 1);
    write_number(params, "id", (int64_t) worker->assignment->id);
    write_string(params, "name", worker->job->name);
    write_string(params, "host", worker->assignment->seat->name);
    if (worker->slot != SLOT_NUMBER_NONE)
        write_number(params, "slot", worker->slot);
    write_start(params, worker, has_environment);
    text_byte(params, '}', 1);
}

void remote_write_end(struct text *params, const struct k3thread_exc *e, bool automatic)
{
    text_byte(params, '{', 1);
    write_string(params, "exception", e->type->name);
    if (e->message[0] != '\0')
        write_string(params, "message", e->message);
    write_true(params, "automatic", automatic);
    text_byte(params, '}', 1);
}

void remote_write_resize(struct text *params, const struct worker *worker)
{
    text_byte(params, '{', 1);
    write_size(params, worker);
    text_byte(params, '}', 1);
}
