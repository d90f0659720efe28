#include "cli/process/children_end.h"

#include "cli/base/clock.h"
#include "cli/base/linux_calls.h"
#include "cli/process/children.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Killed children that still live this many seconds after the last death are given up. */
#define GIVE_UP_AFTER 10.0

/* Dead children are reaped after this many seconds, even while others still live, as in a fork bomb. */
#define REAP_AFTER 0.05

/* The children that one look found. */
struct children {
    pid_t *pids;
    size_t count; /* the children that could be killed; only these are in PIDS */
    size_t left;  /* the number of children that could not be killed */
};

/*
 * Kills each child that this process has now, dead or alive, and its group; with BELOW also the processes below it.
 * Returns 0 or -errno.
 */
static int kill_children(int list, bool below, struct children *ret)
{
    size_t count, kept = 0;
    int    error = children_read(list, &ret->pids, &count);

    if (error != 0)
        return error;
    for (size_t i = 0; i < count; i++)
        if ((below ? children_kill(ret->pids[i]) : children_kill_group(ret->pids[i])) == 0)
            ret->pids[kept++] = ret->pids[i];
    ret->count = kept;
    ret->left = count - kept;
    return 0;
}

/* Reaps the dead children. Returns their number. */
static size_t reap(void)
{
    size_t reaped = 0;

    while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
        reaped++;
    return reaped;
}

/*
 * Waits until CHILD, which was not reaped, is dead, at most until DEADLINE. Returns 1 if it is dead, 0 if not, and
 * -1 if there is no descriptor to wait with.
 */
static int wait_until_dead(pid_t child, double deadline)
{
    struct pollfd end = {.fd = linux_pidfd_open(child), .events = POLLIN};
    double        left = deadline - clock_monotonic();
    int           count;

    if (end.fd < 0)
        return -1;
    count = poll(&end, 1, left > 0 ? (int) (left * 1000) + 1 : 0);
    close(end.fd);
    return count > 0;
}

/*
 * Waits until all CHILDREN are dead, for REAP_AFTER seconds at most. Reaping needs the lock of the kernel that each
 * dying process needs: if this process reaped meanwhile, many children would take half as long again to die.
 */
static void wait_for_all(const struct children *children)
{
    double deadline = clock_monotonic() + REAP_AFTER;

    for (size_t i = 0; i < children->count; i++)
        if (wait_until_dead(children->pids[i], deadline) != 1)
            return;
}

/*
 * Waits until one of CHILDREN ends, at most until DEADLINE. Returns false if there is nothing more to
 * wait for. A child that is dead but could not be reaped is held by a debugger, and is not waited for.
 */
static bool wait_for_one(const struct children *children, double deadline)
{
    for (size_t i = 0; i < children->count; i++) {
        int dead = wait_until_dead(children->pids[i], 0);

        if (dead == 1)
            continue;
        if (clock_monotonic() >= deadline)
            return false;
        if (dead < 0)
            (void) poll(NULL, 0, 1); /* look again soon */
        else
            (void) wait_until_dead(children->pids[i], deadline);
        return true;
    }
    return false;
}

/*
 * The first look does not look below the children: most have nothing there that is not in their group, and to read
 * /proc for each child takes longer than to kill it. What is below a child that dies is a child at the second look.
 */
size_t children_end(int list, size_t *ret_left)
{
    static const struct timespec moment = {.tv_nsec = 1000000}; /* a millisecond */
    double                       deadline = clock_monotonic() + GIVE_UP_AFTER;
    size_t                       reaped = 0, now;
    struct children              children;
    bool                         more = true, below = false;

    while (more) {
        if (kill_children(list, below, &children) != 0) {
            nanosleep(&moment, NULL); /* no memory, so no child was killed: try again */
            continue;
        }
        wait_for_all(&children);
        now = reap();
        reaped += now;
        if (now > 0)
            deadline = clock_monotonic() + GIVE_UP_AFTER;
        more = now > 0 || !below || wait_for_one(&children, deadline);
        below = true;
        *ret_left = children.left;
        free(children.pids);
    }
    return reaped;
}
