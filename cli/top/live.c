#include "cli/top/live.h"

#include "cli/process/children.h"
#include "cli/process/proc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * top looks at a thread every PAUSE_MIN seconds. While the thread uses no processor time, the pause doubles, up to
 * PAUSE_MAX. The pauses are a little less than whole seconds, because top looks at the rows on the
 * screen at whole seconds only (survey.c).
 */
#define PAUSE_MIN 0.9
#define PAUSE_MAX 3.6

/* The most processes of one thread that are counted, so that no thread delays the others. */
#define PROCESSES_MAX 256

/* The processor time and the memory of all processes of a thread. */
struct sum {
    uint64_t ticks; /* of processor time */
    uint64_t pages;
    unsigned processes;
};

/* Adds the usage of the process PID, and of its children that it has waited for. */
static void add_process(struct sum *sum, pid_t pid)
{
    char        line[1024];
    const char *rest = proc_read(pid, "stat", line, sizeof(line)) > 0 ? strrchr(line, ')') : NULL;
    uint64_t    user, system, children_user, children_system, pages;

    sum->processes++;
    if (rest == NULL || sscanf(rest,
                               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
                               " %" SCNu64 " %" SCNu64 " %*d %*d %*d %*d %*u %*u %" SCNu64,
                               &user, &system, &children_user, &children_system, &pages) != 5)
        return;
    sum->ticks += user + system + children_user + children_system;
    sum->pages += pages;
}

static bool visit(pid_t pid, void *context)
{
    struct sum *sum = context;

    add_process(sum, pid);
    return sum->processes < PROCESSES_MAX;
}

double live_next(const struct row *row)
{
    if (!row_runs(row))
        return INFINITY;
    return row->live.time > 0 ? row->live.time + row->live.pause : 0;
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

bool live_look(struct row *row, double time)
{
    struct row_live *live = &row->live;
    struct row_live  before = *live;
    struct sum       sum = {0};
    double           cpu;

    if (!row_runs(row))
        return forget(live);
    if (time < live_next(row))
        return false;
    add_process(&sum, row->pid);
    children_walk(row->pid, visit, &sum);
    cpu = row->cpu + (double) sum.ticks / (double) sysconf(_SC_CLK_TCK);
    if (before.time > 0)
        live->percent = fmax(cpu - before.cpu, 0) / (time - before.time) * 100;
    live->pause =
        before.time > 0 && cpu <= before.cpu ? fmin(before.pause * 2, PAUSE_MAX) : PAUSE_MIN;
    live->cpu = cpu;
    live->time = time;
    live->memory = sum.pages * (uint64_t) sysconf(_SC_PAGESIZE);
    return live->memory != before.memory || live->percent != before.percent;
}
