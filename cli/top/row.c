#include "cli/top/row.h"

#include "cli/rpc/bytes.h"
#include "cli/rpc/state_word.h"
#include "cli/view/command_text.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The columns of a command that are kept: more than a screen is wide. */
#define COMMAND_COLUMNS 1024

json_t *row_members(bool has_logs)
{
    return json_pack("[sssssssssssssssssss*]", "id", "name", "pid", "state", "daemon", "command",
                     "exit_code", "signal", "exception", "message", "runs", "waits_for", "seconds",
                     "cpu", "max_rss", "needs", "tty", "host", has_logs ? "log" : NULL);
}

const char *row_state(const struct row *row)
{
    return state_word(row->state);
}

static enum protocol_state find_state(const json_t *thread)
{
    enum protocol_state state = STATE_RUNNING; /* also for one that only a newer supervisor knows */

    (void) state_read(thread, &state);
    return state;
}

/* Makes a string of TEXT, and releases it. Returns NULL without memory. */
static char *take_string(struct text *text)
{
    char *string = NULL;

    text_byte(text, '\0', 1);
    if (!text->failed)
        string = strdup(text->data);
    text_release(text);
    return string;
}

static char *copy_name(const json_t *thread)
{
    struct text text = {0};

    thread_add_bytes(&text, json_object_get(thread, "name"));
    return take_string(&text);
}

static char *copy_log(const json_t *thread)
{
    char *log;

    return bytes_from_json(json_object_get(thread, "log"), &log) == 0 ? log : strdup("");
}

static char *copy_command(const json_t *thread)
{
    struct text text = {0};

    (void) command_text_add(&text, json_object_get(thread, "command"), COMMAND_COLUMNS);
    return take_string(&text);
}

/* Copies the words for the end of the thread, or for the condition that it waits for. */
static char *copy_result(const json_t *thread, enum protocol_state state)
{
    const json_t *awaited = json_object_get(thread, "waits_for");
    struct text   text = {0};

    if (awaited != NULL && !json_is_null(awaited)) {
        text_add(&text, "waits for ");
        thread_add_bytes(&text, awaited);
    } else if (state == STATE_ENDED) {
        struct text reason = {0};

        thread_add_reason(&reason, thread);
        if (reason.size == 0)
            thread_add_result(&text, thread);
        text_append(&text, reason.data, reason.size);
        text.failed |= reason.failed;
        text_release(&reason);
        thread_add_message(&text, thread);
    }
    return take_string(&text);
}

static int64_t *copy_needs(const json_t *thread, size_t *ret_count)
{
    const json_t *needs = json_object_get(thread, "needs"), *need;
    int64_t      *ids = calloc(json_array_size(needs) + 1, sizeof(*ids));
    size_t        i;

    if (ids == NULL)
        return NULL;
    json_array_foreach((json_t *) needs, i, need)
        ids[i] = thread_id(need);
    *ret_count = json_array_size(needs);
    return ids;
}

/* Returns true if THREAD has ended and `list --failed` would show it. */
static bool has_failed(const json_t *thread)
{
    const char *exception = json_string_value(json_object_get(thread, "exception"));

    return thread_status(thread) != 0 &&
           (exception == NULL || strcmp(exception, "SystemExit") != 0);
}

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

/* Takes the numbers of THREAD. */
static void take_numbers(struct row *row, const json_t *thread, double time)
{
    const json_t *seconds = json_object_get(thread, "seconds");
    const json_t *cpu = json_object_get(thread, "cpu");

    row->state = find_state(thread);
    row->daemon = json_is_true(json_object_get(thread, "daemon"));
    row->has_terminal = json_is_true(json_object_get(thread, "tty"));
    row->is_far = json_is_string(json_object_get(thread, "host")) ||
                  json_is_object(json_object_get(thread, "host"));
    row->has_failed = row->state == STATE_ENDED && has_failed(thread);
    row->pid = (pid_t) json_integer_value(json_object_get(thread, "pid"));
    row->runs = json_integer_value(json_object_get(thread, "runs"));
    row->seconds = json_is_number(seconds) ? json_number_value(seconds) : NAN;
    row->time = time;
    row->cpu = number(cpu, "user") + number(cpu, "system");
    row->peak = (uint64_t) json_integer_value(json_object_get(thread, "max_rss"));
    row->live.is_read = false;
}

static void free_words(struct row *row)
{
    free(row->name);
    free(row->command);
    free(row->result);
    free(row->log);
    free(row->needs);
}

bool row_update(struct row *row, const json_t *thread, double time)
{
    struct row fresh = *row;

    fresh.name = copy_name(thread);
    fresh.command = copy_command(thread);
    fresh.result = copy_result(thread, find_state(thread));
    fresh.log = copy_log(thread);
    fresh.needs = copy_needs(thread, &fresh.needs_count);
    if (fresh.name == NULL || fresh.command == NULL || fresh.result == NULL || fresh.log == NULL ||
        fresh.needs == NULL) {
        free_words(&fresh);
        return false;
    }
    free_words(row);
    *row = fresh;
    take_numbers(row, thread, time);
    return true;
}

struct row *row_new(const json_t *thread, double time)
{
    struct row *row = calloc(1, sizeof(*row));

    if (row == NULL)
        return NULL;
    row->id = thread_id(thread);
    row->live.percent = NAN;
    if (row_update(row, thread, time))
        return row;
    free(row);
    return NULL;
}

bool row_runs(const struct row *row)
{
    return row->pid != 0 && !isnan(row->seconds) && row->state != STATE_ENDED;
}

double row_seconds(const struct row *row, double time)
{
    return row_runs(row) ? row->seconds + (time - row->time) : row->seconds;
}

void row_free(struct row *row)
{
    free_words(row);
    free(row->live.line);
    free(row);
}
