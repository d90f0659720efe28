#include "cli/view.h"

#include "cli/clock.h"
#include "cli/duration.h"
#include "cli/exceptions.h"
#include "cli/output.h"
#include "cli/rpc/bytes.h"
#include "cli/status.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

json_int_t view_id(const json_t *thread)
{
    return json_integer_value(json_object_get(thread, "id"));
}

/*
 * Calls ADD with the bytes of VALUE; a string, which nearly all are, is not copied for it.
 */
static void with_bytes(struct text *text, const json_t *value,
                       void (*add)(struct text *text, const char *bytes))
{
    char *copy;

    if (json_is_string(value)) {
        add(text, json_string_value(value));
    } else if (bytes_from_json(value, &copy) == 0) {
        add(text, copy);
        free(copy);
    } else {
        text_add(text, "?");
    }
}

static void add_escaped(struct text *text, const char *bytes)
{
    text_add_escaped(text, bytes, strlen(bytes));
}

void view_add_bytes(struct text *text, const json_t *bytes)
{
    with_bytes(text, bytes, add_escaped);
}

static void add_number(struct text *text, const json_t *value)
{
    if (json_integer_value(value) > 0)
        text_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        text_add(text, "-");
}

static void add_id(struct text *text, const json_t *thread)
{
    add_number(text, json_object_get(thread, "id"));
}

static void add_name(struct text *text, const json_t *thread)
{
    view_add_bytes(text, json_object_get(thread, "name"));
}

static void add_tid(struct text *text, const json_t *thread)
{
    add_number(text, json_object_get(thread, "tid"));
}

static void add_pid(struct text *text, const json_t *thread)
{
    add_number(text, json_object_get(thread, "pid"));
}

static void add_state(struct text *text, const json_t *thread)
{
    view_add_bytes(text, json_object_get(thread, "state"));
}

static void add_daemon(struct text *text, const json_t *thread)
{
    text_add(text, json_is_true(json_object_get(thread, "daemon")) ? "yes" : "no");
}

/* How long the command has run, or ran; a pause between two runs belongs to neither. */
static void add_time(struct text *text, const json_t *thread)
{
    const json_t *started = json_object_get(thread, "started");
    const json_t *ended = json_object_get(thread, "ended");
    const char   *state = json_string_value(json_object_get(thread, "state"));
    bool          rests = state != NULL && strcmp(state, "delayed") == 0;

    if (json_is_number(started) && !rests)
        duration_add(text, (json_is_number(ended) ? json_number_value(ended) : clock_wall()) -
                               json_number_value(started));
    else
        text_add(text, "-");
}

void view_add_result(struct text *text, const json_t *thread)
{
    const json_t *exception = json_object_get(thread, "exception");
    const json_t *exit_code = json_object_get(thread, "exit_code");
    int           signal = (int) json_integer_value(json_object_get(thread, "signal"));
    const char   *signal_name = exceptions_signal_name(signal);
    const char   *separator = "";

    if (json_is_string(exception)) {
        view_add_bytes(text, exception);
        separator = ", ";
    }
    if (json_is_integer(exit_code))
        text_printf(text, "%sexit %" JSON_INTEGER_FORMAT, separator, json_integer_value(exit_code));
    else if (signal_name != NULL)
        text_printf(text, "%s%s", separator, signal_name);
    else if (signal > 0)
        text_printf(text, "%ssignal %d", separator, signal);
    else if (separator[0] == '\0')
        text_add(text, "-");
}

static void add_command(struct text *text, const json_t *thread)
{
    const json_t *command = json_object_get(thread, "command");
    const json_t *word;
    size_t        i;

    json_array_foreach((json_t *) command, i, word) {
        if (i > 0)
            text_add(text, " ");
        with_bytes(text, word, text_add_quoted);
    }
}

#define COLUMNS(X)                                                                                 \
    X("ID", add_id)                                                                                \
    X("NAME", add_name)                                                                            \
    X("TID", add_tid)                                                                              \
    X("PID", add_pid)                                                                              \
    X("STATE", add_state)                                                                          \
    X("DAEMON", add_daemon)                                                                        \
    X("TIME", add_time)                                                                            \
    X("RESULT", view_add_result)                                                                   \
    X("COMMAND", add_command)

static const char *const headings[] = {
#define X(heading, add) heading,
    COLUMNS(X)
#undef X
};

static void (*const adders[])(struct text *text, const json_t *thread) = {
#define X(heading, add) add,
    COLUMNS(X)
#undef X
};

void view_add_table(struct text *text, const json_t *threads, size_t width)
{
    struct table  table = {.headings = headings, .columns = sizeof(headings) / sizeof(headings[0])};
    const json_t *thread;
    size_t        i;

    json_array_foreach((json_t *) threads, i, thread) {
        for (size_t column = 0; column < table.columns; column++) {
            adders[column](&table.cells, thread);
            table_end_cell(&table);
        }
    }
    text_add_table(text, &table, width);
}

json_t *view_table_members(void)
{
    return json_pack("[s, s, s, s, s, s, s, s, s, s, s, s]", "id", "name", "tid", "pid", "state",
                     "daemon", "started", "ended", "exit_code", "signal", "exception", "command");
}

/* Of a thread that an exception ended before its command ran. */
static int status_of_exception(const char *name)
{
    static const struct {
        const char *name;
        int         status;
    } statuses[] = {
        {"SystemExit", STATUS_SIGNAL_BASE + SIGTERM},
        {"KeyboardInterrupt", STATUS_SIGNAL_BASE + SIGINT},
        {"TimeoutError", STATUS_TIMEOUT},
    };

    for (size_t i = 0; name != NULL && i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (strcmp(name, statuses[i].name) == 0)
            return statuses[i].status;
    return STATUS_INTERNAL;
}

int view_status(const json_t *thread)
{
    const char   *exception = json_string_value(json_object_get(thread, "exception"));
    const json_t *exit_code = json_object_get(thread, "exit_code");
    const json_t *signal = json_object_get(thread, "signal");

    if (exception != NULL && strcmp(exception, "TimeoutError") == 0)
        return STATUS_TIMEOUT; /* whatever the command made of it */
    if (json_is_integer(exit_code))
        return (int) json_integer_value(exit_code);
    if (json_is_integer(signal))
        return STATUS_SIGNAL_BASE + (int) json_integer_value(signal);
    return status_of_exception(exception);
}
