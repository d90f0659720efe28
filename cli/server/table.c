#include "cli/server/table.h"

#include "cli/base/duration.h"
#include "cli/base/result.h"
#include "cli/base/size.h"
#include "cli/rpc/write.h"
#include "cli/server/hosts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A long probe or status must not widen the column. */
#define RESULT_WIDTH 40

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

static void add_time(struct text *text, const struct record *record, double now)
{
    double seconds = record_seconds_at(record, now);

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

/* Returns what the command of RECORD, which runs, has said about its state; NULL: nothing. */
static const char *status_of(const struct record *record)
{
    const struct report *report = &record->now;
    bool                 runs = report->state == STATE_RUNNING || report->state == STATE_READY;

    return runs && report->status != NULL && report->status[0] != '\0' ? report->status : NULL;
}

/* Adds BEFORE and the beginning of WORDS. */
static void add_beginning(struct text *text, const char *before, const char *words)
{
    size_t begin = text->size;

    text_add(text, before);
    text_add_escaped(text, words, text_fit(words, strlen(words), RESULT_WIDTH));
    write_escapes(text, begin);
}

/*
 * Adds how the thread ended, or the beginning of what it waits for and of what its command says. While a run is under
 * way, the result of an earlier run is not shown.
 */
static void add_result(struct text *text, const struct record *record)
{
    const struct report *report = &record->now;
    const char          *exception = report->exception != NULL ? report->exception->name : NULL;
    const char          *awaited = record_waits_for(record);
    const char          *status = status_of(record);
    bool                 runs = report->pid != 0;

    if (awaited != NULL)
        add_beginning(text, "waits for ", awaited);
    if (status != NULL)
        add_beginning(text, awaited != NULL ? ": " : "", status);
    if (awaited == NULL && status == NULL)
        result_add(text, exception, runs ? -1 : report->exit_code, runs ? 0 : report->signal);
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

#define TIME "TIME"

/*
 * X(heading, whether the table has the column, how the cell is written). Only the last column may be long. A line is
 * kept while row_state stays the same: a cell that changes must show only members of it, or be in wide tables only.
 */
#define COLUMNS(X)                                                                                 \
    X("ID", true, add_number(text, (int64_t) r->id))                                               \
    X("NAME", true, add_name(text, r->job.name))                                                   \
    X("HOST", hosts_are_used(), add_host(text, r))                                                 \
    X("TID", true, add_number(text, r->now.tid))                                                   \
    X("PID", true, add_number(text, r->now.pid))                                                   \
    X("STATE", true, text_add(text, record_state(r)))                                              \
    X("DAEMON", true, text_add(text, r->job.daemon ? "yes" : "no"))                                \
    X(TIME, true, add_time(text, r, now))                                                          \
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

/* A longer line is not kept. */
#define KEPT_MAX 512

/*
 * The changing contents of a thread's line, except the time. While all of this is as it was, the
 * kept line is shown again. A wide line is not kept.
 */
struct row_state {
    enum protocol_state     state;
    pid_t                   tid, pid;
    int                     exit_code, signal;
    bool                    ready;
    const k3thread_exctype *exception;
};

/* The line of a thread, without the cell of its time. */
struct table_row {
    struct row_state shows;
    size_t           before, after; /* how many bytes stand before and behind the time */
    char             bytes[];
};

static struct row_state state_of(const struct record *record)
{
    const struct report *now = &record->now;

    return (struct row_state){now->state,  now->tid,   now->pid,      now->exit_code,
                              now->signal, now->ready, now->exception};
}

/* Returns true if the line that RECORD keeps still holds. */
static bool is_current(const struct record *record)
{
    const struct row_state *shows = &record->row->shows;
    const struct report    *now = &record->now;

    return shows->state == now->state && shows->tid == now->tid && shows->pid == now->pid &&
           shows->exit_code == now->exit_code && shows->signal == now->signal &&
           shows->ready == now->ready && shows->exception == now->exception &&
           status_of(record) == NULL;
}

/* Keeps the SIZE bytes of RECORD's line. The time is the TIME_SIZE bytes behind the first BEFORE. */
static void keep(struct record *record, const char *line, size_t size, size_t before,
                 size_t time_size)
{
    size_t            after = size - before - time_size;
    struct table_row *row;

    free(record->row);
    /*
     * The line of a waiting thread names its need, and another line has what the command says. These are not in
     * row_state, so such a line is not kept.
     */
    row = size > KEPT_MAX || record->now.state == STATE_WAITING || status_of(record) != NULL
              ? NULL
              : malloc(sizeof(*row) + before + after);
    record->row = row;
    if (row == NULL)
        return;
    *row = (struct table_row){.shows = state_of(record), .before = before, .after = after};
    memcpy(row->bytes, line, before);
    memcpy(row->bytes + before, line + before + time_size, after);
}

/* Writes RECORD's line anew. */
static void write_row(struct text *text, struct record *r, bool wide, double now)
{
    size_t begin = text->size, time, time_end; /* the column of the time sets the last two */

#define X(heading, is_shown, write)                                                                \
    if (is_shown) {                                                                                \
        if (strcmp(heading, TIME) == 0)                                                            \
            time = text->size;                                                                     \
        write;                                                                                     \
        if (strcmp(heading, TIME) == 0)                                                            \
            time_end = text->size;                                                                 \
        text_add(text, "\\t");                                                                     \
    }
    COLUMNS(X)
#undef X
    end_line(text);
    if (!wide && !hosts_are_used() && !text->failed)
        keep(r, text->data + begin, text->size - begin, time - begin, time_end - time);
}

void table_add_row(struct text *text, struct record *record, bool wide, double now)
{
    const struct table_row *row = record->row;

    if (row == NULL || wide || hosts_are_used() || !is_current(record)) {
        write_row(text, record, wide, now);
        return;
    }
    text_append(text, row->bytes, row->before);
    add_time(text, record, now);
    text_append(text, row->bytes + row->before, row->after);
}
