#include "cli/top/live.h"

#include "cli/process/live_usage.h"

#include <math.h>

/*
 * top looks at a thread every PAUSE_MIN seconds. While the thread uses no processor time, the pause doubles, up to
 * PAUSE_MAX. The pauses are a little less than whole seconds, because top looks at the rows on the
 * screen at whole seconds only (survey.c).
 */
#define PAUSE_MIN 0.9
#define PAUSE_MAX 3.6

/* The most processes of one thread that are counted, so that no thread delays the others. */
#define PROCESSES_MAX 256

double live_next(const struct row *row)
{
    if (!row_runs(row))
        return INFINITY;
    return fmax(row->live.time > 0 ? row->live.time + row->live.pause : 0,
                row->live.skipped > 0 ? row->live.skipped + PAUSE_MAX : 0);
}

void live_skip(struct row *row, double time)
{
    row->live.skipped = time;
}

/* Clears LIVE, of a thread that no longer runs. Returns true if LIVE has changed. */
static bool forget(struct row_live *live)
{
    bool was_known = live->time > 0;

    live->time = 0;
    live->percent = NAN;
    live->memory = 0;
    return was_known;
}

bool live_take(struct row *row, double time, double cpu, uint64_t memory)
{
    struct row_live *live = &row->live;
    struct row_live  before = *live;

    if (!row_runs(row))
        return forget(live);
    cpu += row->cpu;
    if (before.time > 0)
        live->percent = fmax(cpu - before.cpu, 0) / (time - before.time) * 100;
    live->pause =
        before.time > 0 && cpu <= before.cpu ? fmin(before.pause * 2, PAUSE_MAX) : PAUSE_MIN;
    live->cpu = cpu;
    live->time = time;
    live->memory = memory;
    return live->memory != before.memory || live->percent != before.percent;
}

bool live_look(struct row *row, double time)
{
    struct live_usage usage;

    if (!row_runs(row))
        return forget(&row->live);
    if (time < live_next(row))
        return false;
    usage = live_usage_read(row->pid, PROCESSES_MAX);
    return live_take(row, time, usage.cpu, usage.memory);
}
