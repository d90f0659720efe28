#include "cli/top/survey.h"

#include "cli/base/clock.h"
#include "cli/top/cells.h"
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

void survey_visible(struct state *state, double time)
{
    size_t             count;
    struct row *const *rows = state_visible(state, &count);

    if (!state->is_local)
        return;
    log_watch_set(&state->logs, rows, count);
    for (size_t i = 0; i < count; i++) {
        (void) live_look(rows[i], time);
        if (!rows[i]->live.is_read || (state->logs.fd < 0 && rows[i]->state != STATE_ENDED))
            read_line(rows[i]);
    }
}

static bool is_wanted(const struct state *state)
{
    return state->is_local &&
           (state->arrangement.order == ARRANGE_CPU || state->arrangement.order == ARRANGE_MEMORY);
}

void survey_all(struct state *state, double time)
{
    const struct rows *rows = &state->rows;
    double             end = time + SLICE;

    if (!is_wanted(state) || time < state->survey_next)
        return;
    while (state->surveyed < rows->count && time < end) {
        (void) live_look(rows->by_id[state->surveyed++], time);
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
        if (state->is_local)
            next = fmin(next, live_next(rows[i]));
    }
    next = isinf(next) ? next : tick_at(fmax(next, time));
    return is_wanted(state) ? fmin(next, state->survey_next) : next;
}
