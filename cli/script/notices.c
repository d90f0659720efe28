#include "cli/script/notices.h"

#include "cli/base/duration.h"
#include "cli/place/reason.h"
#include "cli/script/log_tail.h"
#include "cli/view/full_disk.h"
#include "cli/view/leftover_text.h"
#include "cli/view/message.h"
#include "cli/view/thread_text.h"

#include <string.h>

/* The most that is shown of a log: TAIL_LINES last lines, out of the last TAIL_BYTES bytes. */
#define TAIL_LINES 5
#define TAIL_BYTES 2048

#define INDENT "  "

/* Adds "k3thread: run: KIND'NAME'". */
static void begin(struct text *text, const char *kind, const json_t *thread)
{
    text_printf(text, "k3thread: run: %s'", kind);
    thread_add_bytes(text, json_object_get(thread, "name"));
    text_add(text, "'");
}

static void add_result(struct text *text, const json_t *thread)
{
    text_add(text, " (");
    thread_add_result(text, thread);
    text_add(text, ")");
    thread_add_message(text, thread);
}

void notices_ends_all(struct text *text, const json_t *thread)
{
    begin(text, "", thread);
    text_add(text, " ended");
    add_result(text, thread);
    text_add(text, ", which ends all\n");
}

static void add_lines(struct text *text, const struct text *tail)
{
    const char *line;
    size_t      at = 0, size;

    while ((line = log_tail_next(tail, &at, &size)) != NULL) {
        text_add(text, INDENT);
        text_add_escaped(text, line, size);
        text_add(text, "\n");
    }
}

void notices_daemon_failed(struct text *text, const json_t *thread, const char *log)
{
    struct text lines = {0};

    if (log != NULL)
        log_tail_add(&lines, log, TAIL_LINES, TAIL_BYTES);
    begin(text, "the daemon ", thread);
    text_add(text, " failed");
    add_result(text, thread);
    text_add(text, lines.size > 0 ? "; its last lines:\n" : "\n");
    add_lines(text, &lines);
    text_release(&lines);
}

/*
 * Adds SEPARATOR and REASON behind the name of THREAD; nothing if REASON is empty. Releases REASON.
 */
static void add_reason(struct text *text, const json_t *thread, const char *separator,
                       struct text *reason)
{
    if (reason->size > 0) {
        begin(text, "", thread);
        text_add(text, separator);
        text_append(text, reason->data, reason->size);
        text_add(text, "\n");
    }
    text_release(reason);
}

void notices_not_run(struct text *text, const json_t *thread)
{
    struct text reason = {0};

    thread_add_reason(&reason, thread);
    add_reason(text, thread, " was not run: ", &reason);
}

void notices_unended(struct text *text, const json_t *thread)
{
    struct text reason = {0};

    thread_add_unended(&reason, thread);
    add_reason(text, thread, ": ", &reason);
}

void notices_left(struct text *text, const json_t *thread)
{
    struct text left = {0};

    thread_add_leftovers(&left, thread);
    add_reason(text, thread, " left ", &left);
}

void notices_full(struct text *text, const char *logs)
{
    struct text words = {0};

    text_printf(&words, DISK_FULL_MESSAGE, logs);
    text_add(text, "k3thread: run: ");
    text_add_escaped(text, words.data, words.size);
    text_add(text, "\n");
    text_release(&words);
}

void notices_restarted(struct text *text, const json_t *thread)
{
    begin(text, "", thread);
    text_add(text, " ended");
    add_result(text, thread);
    text_printf(text, "; its run %" JSON_INTEGER_FORMAT " begins\n",
                json_integer_value(json_object_get(thread, "runs")));
}

void notices_not_ready(struct text *text, const json_t *thread)
{
    const char *state = json_string_value(json_object_get(thread, "state"));

    if (state == NULL || strcmp(state, "running") != 0 ||
        json_object_get(thread, "waits_for") == NULL)
        return;
    begin(text, "", thread);
    text_add(text, " is not ready yet: it waits for ");
    thread_add_bytes(text, json_object_get(thread, "waits_for"));
    text_add(text, "\n");
}

void notices_only_daemons(struct text *text)
{
    text_add(text,
             "k3thread: run: the script started only daemons, which end with it; use \"start\" "
             "for a thread that run is to wait for\n");
}

void notices_timed_out(struct text *text, double seconds)
{
    text_add(text, "k3thread: run: TimeoutError: not over after ");
    duration_add(text, seconds);
    text_add(text, "\n");
}

void notices_add_supervisor(struct text *text, const struct place *place, const char *how)
{
    text_printf(text, "the supervisor %s", how);
    reason_add(place, text);
}

void notices_supervisor_ended(const struct place *place, const char *how)
{
    struct text words = {0};

    notices_add_supervisor(&words, place, how);
    message_print_text("run", NULL, &words);
    text_release(&words);
}
