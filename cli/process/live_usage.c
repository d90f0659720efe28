#include "cli/process/live_usage.h"

#include "cli/process/children.h"
#include "cli/process/proc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The sum so far. */
struct sum {
    uint64_t ticks; /* of processor time */
    uint64_t pages;
    unsigned processes, max;
};

/* Adds what the process PID has used, and what its children have used that it has waited for. */
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
    return sum->processes < sum->max;
}

struct live_usage live_usage_read(pid_t pid, unsigned max)
{
    struct sum sum = {.max = max};

    if (visit(pid, &sum))
        children_walk(pid, visit, &sum);
    return (struct live_usage){
        .cpu = (double) sum.ticks / (double) sysconf(_SC_CLK_TCK),
        .memory = sum.pages * (uint64_t) sysconf(_SC_PAGESIZE),
        .processes = sum.processes,
    };
}
