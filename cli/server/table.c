#include "cli/server/table.h"

#include "cli/base/duration.h"
#include "cli/base/result.h"
#include "cli/base/size.h"
#include "cli/rpc/write.h"
#include "cli/server/hosts.h"

#include <math.h>
#include <string.h>

/* A long probe must not widen the column. */
#define AWAITED_WIDTH 40

static void add_number(struct text *text, int64_t number)
{
    if (number > 0)
        write_integer(text, number);
    else
        text_byte(text, '-', 1);
}

static void add_name(struct text *text, const char *name)
{
    size_t begin = text->size;

    text_add_escaped(text, name, strlen(name));
    write_escapes(text, begin);
}

static void add_time(struct text *text, const struct record *record)
{
    double seconds = record_seconds(record);

    if (isnan(seconds))
        text_byte(text, '-', 1);
    else
        duration_add(text, seconds);
}

static void add_cpu(struct text *text, const struct record *record)
{
    struct usage usage = record_usage(record);

    duration_add(text, usage.user + usage.system);
}

static void add_memory(struct text *text, const struct record *record)
{
    struct usage usage = record_usage(record);

    if (usage.memory > 0)
        size_add(text, usage.memory);
    else
        text_byte(text, '-', 1);
}

/*
 * Adds how the thread ended, or the beginning of what it waits for. While a run is under way, the
 * result of an earlier run is not shown.
 */
static void add_result(struct text *text, const struct record *record)
{
    const struct report *report = &record->now;
    const char          *exception = report->exception != NULL ? report->exception->name : NULL;
    const char          *awaited = record_waits_for(record);
    bool                 runs = report->pid != 0;
    size_t               begin = text->size;

    if (awaited == NULL) {
        result_add(text, exception, runs ? -1 : report->exit_code, runs ? 0 : report->signal);
        return;
    }
    text_add(text, "waits for ");
    text_add_escaped(text, awaited, text_fit(awaited, strlen(awaited), AWAITED_WIDTH));
    write_escapes(text, begin);
}

static void add_command(struct text *text, char *const *words)
{
    size_t begin = text->size;

    for (char *const *word = words; *word != NULL; word++) {
        if (word > words)
            text_byte(text, ' ', 1);
        text_add_quoted(text, *word);
    }
    write_escapes(text, begin);
}

static void add_host(struct text *text, const struct record *record)
{
    const char *host = record_host(record);

    add_name(text, host != NULL ? host : "-");
}

/* X(heading, whether the table has it, how the cell is written). Only the last column may be long. */
#define COLUMNS(X)                                                                                 \
    X("ID", true, add_number(text, (int64_t) r->id))                                               \
    X("NAME", true, add_name(text, r->job.name))                                                   \
    X("HOST", hosts_are_used(), add_host(text, r))                                                 \
    X("TID", true, add_number(text, r->now.tid))                                                   \
    X("PID", true, add_number(text, r->now.pid))                                                   \
    X("STATE", true, text_add(text, record_state(r)))                                              \
    X("DAEMON", true, text_add(text, r->job.daemon ? "yes" : "no"))                                \
    X("TIME", true, add_time(text, r))                                                             \
    X("RUNS", wide, write_integer(text, r->now.runs))                                              \
    X("CPU", wide, add_cpu(text, r))                                                               \
    X("MEMORY", wide, add_memory(text, r))                                                         \
    X("RESULT", true, add_result(text, r))                                                         \
    X("COMMAND", true, add_command(text, r->job.argv))

/*
 * Replaces the tab behind the last cell of a line by a newline. The text is inside a JSON string: the
 * tab is written as \t, and its last letter becomes an n.
 */
static void end_line(struct text *text)
{
    if (!text->failed)
        text->data[text->size - 1] = 'n';
}

void table_add_headings(struct text *text, bool wide)
{
#define X(heading, is_shown, write)                                                                \
    if (is_shown)                                                                                  \
        text_add(text, heading "\\t");
    COLUMNS(X)
#undef X
    end_line(text);
}

void table_add_row(struct text *text, const struct record *r, bool wide)
{
#define X(heading, is_shown, write)                                                                \
    if (is_shown) {                                                                                \
        write;                                                                                     \
        text_add(text, "\\t");                                                                     \
    }
    COLUMNS(X)
#undef X
    end_line(text);
}
