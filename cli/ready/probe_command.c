/*
 * The probe cmd:COMMAND, which holds when the command that a shell runs ends with 0.
 *
 * No process of a check is left when the next check begins, however the check ended: its processes carry a mark of
 * their own, beside the thread's.
 */
#include "cli/base/clock.h"
#include "cli/base/linux_calls.h"
#include "cli/process/adopted.h"
#include "cli/process/children.h"
#include "cli/process/leftovers.h"
#include "cli/process/mark.h"
#include "cli/process/spawn.h"
#include "cli/ready/probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* The seconds until the first look at killed processes; they double from look to look. */
#define FIRST_LOOK 0.002

/*
 * The seconds that killed processes get when the probe is closed. Then those that are left are leftovers of the
 * thread.
 */
#define LAST_LOOKS 1.0

/* One probe of this kind. */
struct command_probe {
    struct ready ready;
    pid_t        pid;   /* of the shell, which is reaped when all that it started is gone */
    int          pidfd; /* -1: between two checks */
    uint64_t     id;    /* the id that the mark of its processes names: see mark.h */
    double look; /* seconds until the next look at killed processes; 0: none was killed so far */
};

static int open_command(struct ready *ready)
{
    ((struct command_probe *) ready)->pidfd = -1;
    return 0;
}

/* Starts the shell. */
static void begin_check(struct command_probe *probe, const struct spawn_plan *plan)
{
    char *argv[] = {(char *) "/bin/sh", (char *) "-c", (char *) probe->ready.argument, NULL};
    struct spawn_plan shell = *plan;
    struct spawned    spawned;

    probe->id = mark_check_id(mark_id(plan->mark));
    shell.argv = argv;
    shell.output = "/dev/null";
    shell.pid_until_exec = NULL;
    shell.mark = mark_of(probe->id);
    if (spawn(&shell, &spawned) != 0) {
        probe_postpone(&probe->ready);
        return;
    }
    probe->pid = spawned.pid;
    probe->pidfd = spawned.pidfd;
    probe->look = 0;
    probe->ready.poll = (struct pollfd){.fd = probe->pidfd, .events = POLLIN};
    probe->ready.next = clock_monotonic() + PROBE_LIMIT;
}

/* Returns true if the shell has ended, as *RET_INFO says. With WNOWAIT in OPTIONS the shell is not reaped. */
static bool has_ended(const struct command_probe *probe, int options, siginfo_t *ret_info)
{
    *ret_info = (siginfo_t){0};
    while (waitid(LINUX_P_PIDFD, (id_t) probe->pidfd, ret_info,
                  WEXITED | WNOHANG | __WALL | options) < 0)
        if (errno != EINTR)
            return true; /* nothing more can be learned of it */
    return ret_info->si_pid != 0;
}

/* Kills the processes that the check left behind, and its shell. Returns true if all of them are gone. */
static bool end_left(const struct command_probe *probe)
{
    struct leftovers roots;
    siginfo_t        info;
    bool             is_gone;

    if (!has_ended(probe, WNOWAIT, &info)) {
        (void) children_kill(probe->pid);
        return false;
    }
    if (adopted_is_empty())
        return true;
    if (leftovers_find_and_lock(probe->id, probe->pid, &roots) != 0)
        return false; /* no descriptor or memory just now: look again */
    for (size_t i = 0; i < roots.count; i++)
        (void) children_kill(roots.pids[i]);
    leftovers_unlock();
    is_gone = roots.count == 0;
    leftovers_release(&roots);
    return is_gone;
}

/* Ends the check and reaps its shell. Returns true if the shell ended with 0. */
static bool end_check(struct command_probe *probe)
{
    siginfo_t info;
    bool is_good = has_ended(probe, 0, &info) && info.si_code == CLD_EXITED && info.si_status == 0;

    close(probe->pidfd);
    probe->pidfd = probe->ready.poll.fd = -1;
    return is_good;
}

/* Sets the next look at killed processes for a moment later: the kernel takes some time to end them. */
static void look_again(struct command_probe *probe)
{
    probe->look = probe->look == 0 ? FIRST_LOOK : clock_earlier(2 * probe->look, PROBE_LAST_PAUSE);
    probe->ready.poll.fd = -1;
    probe->ready.next = clock_monotonic() + probe->look;
}

static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    struct command_probe *probe = (struct command_probe *) ready;
    siginfo_t             info;

    if (probe->pidfd < 0) {
        begin_check(probe, plan);
        return false;
    }
    if (!has_ended(probe, WNOWAIT, &info) && clock_until(ready->next) > 0)
        return false;
    if (!end_left(probe)) {
        look_again(probe);
        return false;
    }
    if (end_check(probe))
        return true;
    probe_postpone(ready);
    return false;
}

/* Ends the check that is under way. Processes that cannot be killed just now are left to the end of the thread. */
static void close_command(struct ready *ready)
{
    struct command_probe *probe = (struct command_probe *) ready;
    double                end = clock_monotonic() + LAST_LOOKS;

    if (probe->pidfd < 0)
        return;
    while (!end_left(probe) && clock_until(end) > 0)
        (void) poll(NULL, 0, (int) (FIRST_LOOK * 1e3));
    (void) end_check(probe);
}

const struct probe_kind probe_command = {
    .size = sizeof(struct command_probe),
    .open = open_command,
    .check = check,
    .close = close_command,
};
