#include "cli/top/survey.h"

#include "cli/base/clock.h"
#include "cli/top/cells.h"
#include "cli/top/far_look.h"
#include "cli/top/last_line.h"
#include "cli/top/live.h"

#include <math.h>
#include <stdlib.h>

/* The screen changes by itself only at whole seconds, in all rows together. */
#define TICK 1.0

/*
 * The seconds of a survey of all threads: it works for SLICE, then pauses for SLICE_PAUSE, and rests after it has
 * looked at all.
 */
#define SLICE       0.004
#define SLICE_PAUSE 0.1
#define REST        1.0

/* Reads the last line of the log of ROW. */
static void read_line(struct row *row)
{
    struct text text = {0};
    char       *line;

    last_line_add(&text, row->log);
    text_byte(&text, '\0', 1);
    line = text.failed ? NULL : text.data;
    if (line == NULL)
        text_release(&text);
    free(row->live.line);
    row->live.line = line;
    row->live.is_read = true;
}

/* Looks at the processes of ROW if they are here. A row that no longer runs has none anywhere. */
static void look(const struct state *state, struct row *row, double time)
{
    if (!far_look_is_for(state, row) || !row_runs(row))
        (void) live_look(row, time);
}

static void read_lines(struct state *state, struct row *const *rows, size_t count)
{
    log_watch_set(&state->logs, rows, count);
    for (size_t i = 0; i < count; i++)
        if (!rows[i]->live.is_read || log_watch_misses(&state->logs, rows[i]))
            read_line(rows[i]);
}

void survey_visible(struct state *state, double time)
{
    size_t             count;
    struct row *const *rows = state_visible(state, &count);

    for (size_t i = 0; i < count; i++)
        look(state, rows[i], time);
    if (state->is_local)
        read_lines(state, rows, count);
    far_look_ask(state, time);
}

static bool is_wanted(const struct state *state)
{
    return state->is_local && arrange_is_by_usage(state->arrangement.order);
}

void survey_all(struct state *state, double time)
{
    const struct rows *rows = &state->rows;
    double             end = time + SLICE;

    if (!is_wanted(state) || time < state->survey_next)
        return;
    while (state->surveyed < rows->count && time < end) {
        look(state, rows->by_id[state->surveyed++], time);
        time = clock_monotonic();
    }
    state->survey_next = time + SLICE_PAUSE;
    if (state->surveyed < rows->count)
        return;
    state->surveyed = 0;
    state->survey_next = time + REST;
    state->must_arrange = state->must_draw = true;
}

/* Returns the first tick at or behind TIME. */
static double tick_at(double time)
{
    return ceil(time / TICK) * TICK;
}

double survey_next(const struct state *state, double time)
{
    size_t             count;
    struct row *const *rows = state_visible(state, &count);
    double             next = INFINITY;

    for (size_t i = 0; i < count; i++) {
        next = fmin(next, cells_next_time(rows[i], time));
        if (!far_look_is_for(state, rows[i]))
            next = fmin(next, live_next(rows[i]));
    }
    next = fmin(next, far_look_next(state));
    next = isinf(next) ? next : tick_at(fmax(next, time));
    return is_wanted(state) ? fmin(next, state->survey_next) : next;
}
