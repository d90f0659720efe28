#include "cli/process/process_stat.h"

#include "cli/process/proc.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* PF_EXITING of the kernel: the thread has begun to end. */
#define EXITING 0x4U

/* Reads a line as /proc/PID/stat has it. The name may have any characters, also parentheses. */
static bool parse(const char *line, struct process_stat *ret)
{
    const char *name = strchr(line, '('), *end = strrchr(line, ')');
    uint64_t    user, system;
    unsigned    flags;

    if (name == NULL || end == NULL || end < name ||
        sscanf(end + 1,
               " %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
               " %*d %*d %*d %*d %u %*d %" SCNu64,
               &ret->state, &flags, &user, &system, &ret->threads, &ret->began) != 6)
        return false;
    (void) snprintf(ret->name, sizeof(ret->name), "%.*s", (int) (end - name - 1), name + 1);
    ret->leader_is_exiting = (flags & EXITING) != 0;
    ret->is_exiting = ret->leader_is_exiting && ret->threads < 2;
    ret->spent = (double) (user + system) / (double) sysconf(_SC_CLK_TCK);
    return true;
}

bool process_stat_read(pid_t pid, struct process_stat *ret)
{
    char line[1024];

    return proc_read(pid, "stat", line, sizeof(line)) > 0 && parse(line, ret);
}

double process_stat_age(uint64_t began)
{
    struct timespec now;

    if (clock_gettime(CLOCK_BOOTTIME, &now) < 0)
        return 0;
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9 -
           (double) began / (double) sysconf(_SC_CLK_TCK);
}

static bool is_busy(char state)
{
    return state == 'R' || state == 'D';
}

bool process_stat_is_at_work(pid_t pid, const struct process_stat *stat)
{
    bool                 found = is_busy(stat->state);
    char                 path[64], line[1024];
    DIR                 *tasks;
    const struct dirent *entry;
    struct process_stat  task;

    if (found || stat->threads < 2)
        return found;
    (void) snprintf(path, sizeof(path), "/proc/%d/task", (int) pid);
    tasks = opendir(path);
    while (!found && tasks != NULL && (entry = readdir(tasks)) != NULL) {
        (void) snprintf(path, sizeof(path), "task/%.20s/stat", entry->d_name);
        found = entry->d_name[0] != '.' && proc_read(pid, path, line, sizeof(line)) > 0 &&
                parse(line, &task) && is_busy(task.state);
    }
    if (tasks != NULL)
        closedir(tasks);
    return found;
}
