/* logs: prints what a command has printed; with -f, also what it prints until its thread ends. */
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/follow.h"
#include "cli/commands/follow_all.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"
#include "cli/rpc/bytes.h"
#include "cli/view/full_disk.h"
#include "cli/view/printer.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct logs_options {
    bool               follow, some_lines, timestamps;
    unsigned long long lines;
    double             since; /* seconds; negative: all output */
    const char        *thread;
};

enum { KEY_TIMESTAMPS = 256, KEY_SINCE };

static const struct argp_option options[] = {
    {"follow", 'f', NULL, 0, "Go on with what is printed until the thread ends", 0},
    {"lines", 'n', "LINES", 0, "Show only the last LINES lines", 0},
    {"since", KEY_SINCE, "SECONDS", 0, "Show only the output of the last SECONDS", 0},
    {"timestamps", KEY_TIMESTAMPS, NULL, 0, "Print the time before each line, as run saw it", 0},
    {0},
};

static error_t parse_lines(struct logs_options *o, const struct argp_state *state,
                           const char *argument)
{
    o->some_lines = true;
    errno = 0;
    o->lines = strtoull(argument, NULL, 10);
    if (argument[0] == '\0' || argument[strspn(argument, "0123456789")] != '\0' || errno != 0)
        return command_refuse(state, "--lines: '%s' is not a number of lines", argument);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct logs_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        o->since = -1;
        return 0;
    case KEY_SINCE:
        return command_duration(state, "--since", argument, &o->since);
    case 'f':
        o->follow = true;
        return 0;
    case 'n':
        return parse_lines(o, state, argument);
    case KEY_TIMESTAMPS:
        o->timestamps = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->thread != NULL)
            return ARGP_ERR_UNKNOWN; /* the common parser reports it */
        o->thread = argument;
        return 0;
    case ARGP_KEY_END:
        if (o->thread == NULL)
            return command_usage(state, "no thread");
        return command_whole_threads(state, (char *[]){(char *) o->thread, NULL});
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Follows all matching threads. */
static int follow_pattern(const struct invocation *invocation)
{
    const struct logs_options      *o = invocation->options;
    const struct follow_all_options shown = {.timestamps = o->timestamps,
                                             .some_lines = o->some_lines,
                                             .lines = o->lines,
                                             .since = o->since};

    return follow_all(invocation, o->thread, &shown);
}

static int show_one(struct invocation *invocation)
{
    const struct logs_options *o = invocation->options;
    struct follow              follow;
    int                        status;

    follow_open(&follow, invocation);
    follow.copy.timestamps = o->timestamps;
    follow.copy.follow = o->follow;
    follow.copy.some_lines = o->some_lines;
    follow.copy.lines = o->lines;
    follow.since = o->since;
    status = follow_show(&follow, o->thread);
    follow_close(&follow);
    return status;
}

/*
 * Adds the log at PATH, from OFFSET or from its last lines on. A log that was removed counts as
 * empty.
 */
static int add_log(const struct logs_options *o, struct printer *printer, const char *name,
                   const char *path, const char *marks, off_t offset)
{
    struct printer_source *source = printer_add(printer, name, path, offset);

    if (source == NULL || printer_show_runs(source, marks) != 0)
        return -ENOMEM;
    if (printer_open_source(source, o->some_lines, o->lines) != 0)
        return 0;
    if (logfile_size(&source->log, &source->limit) == 0 && source->limit > 0) {
        printer_touch(source);
        printer_end(source);
    }
    return 0;
}

static int add_source(const struct invocation *invocation, struct printer *printer,
                      const json_t *thread, bool *warned)
{
    const struct logs_options *o = invocation->options;
    struct reply               reply;
    char                      *name = NULL, *path = NULL, *marks = NULL;
    off_t                      offset;
    int                        error, status = STATUS_DONE;

    if (client_call(&invocation->session->client, "logs", logs_request(thread_id(thread), o->since),
                    &reply) != 0)
        return command_failed(invocation);
    offset = (off_t) json_integer_value(json_object_get(reply.result, "offset"));
    error = bytes_from_json(json_object_get(reply.result, "name"), &name);
    if (error == 0)
        error = bytes_from_json(json_object_get(reply.result, "log"), &path);
    if (error == 0)
        error = bytes_from_json(json_object_get(reply.result, "run_marks"), &marks);
    reply_release(&reply);
    if (error == 0 && o->timestamps && !times_are_kept(path, thread_id(thread)))
        status = log_copy_fail_times(invocation);
    else if (error == 0)
        error = add_log(o, printer, name, path, marks, offset);
    if (error == 0 && status == STATUS_DONE && !*warned)
        *warned = disk_warn_full(invocation->command->name, path);
    free(name);
    free(path);
    free(marks);
    return error == 0 ? status : command_fail_memory(invocation, STATUS_FAILED);
}

static int print_all(const struct invocation *invocation, struct printer *printer)
{
    int error = printer_drain(printer);

    if (error == 0 || error == -EPIPE)
        return error == 0 ? STATUS_DONE : STATUS_FAILED;
    return command_fail(invocation, STATUS_FAILED, NULL, "cannot print the logs: %s",
                        strerror(-error));
}

/*
 * Prints the logs of all matching threads, one after the other, each line with its thread's name.
 */
static int show_all(struct invocation *invocation)
{
    const struct logs_options *o = invocation->options;
    struct printer             printer;
    struct reply               reply;
    const json_t              *thread;
    size_t                     i;
    bool                       warned = false;
    int                        status = STATUS_DONE;

    if (client_call(
            &invocation->session->client, "list",
            json_pack("{s:[o], s:[s]}", "threads", thread_to_json(o->thread), "members", "id"),
            &reply) != 0)
        return command_failed(invocation);
    if (json_array_size(reply.result) == 0)
        status = command_fail(invocation, STATUS_NO_THREAD, "InvalidThreadIdError",
                              "no thread fits '%s'", o->thread);
    printer_open(&printer, STDOUT_FILENO,
                 PRINTER_NAMES | printer_style(STDOUT_FILENO) |
                     (o->timestamps ? PRINTER_TIMES | PRINTER_KEPT : 0));
    json_array_foreach((json_t *) reply.result, i, thread) {
        if (status == STATUS_DONE)
            status = add_source(invocation, &printer, thread, &warned);
        if (status == STATUS_DONE)
            status = print_all(invocation, &printer);
    }
    printer_close(&printer);
    reply_release(&reply);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct logs_options *o = invocation->options;

    if (!thread_is_pattern(o->thread))
        return show_one(invocation);
    return o->follow ? follow_pattern(invocation) : show_all(invocation);
}

const struct command command_logs = {
    .name = "logs",
    .arguments = "THREAD",
    .doc =
        "Show what a thread's command printed\vTHREAD is a name or an id; with a pattern, the logs "
        "of all matching threads are shown, each line with its thread's name. With --follow, "
        "matching threads that start later are shown too, until the last has ended.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct logs_options),
    .parse = parse,
    .run = run,
};
