/* What a command left behind, and its end: SIGTERM, the grace, SIGKILL, until nothing is there. */
#include "cli/supervisor/children.h"
#include "cli/supervisor/execution.h"
#include "cli/supervisor/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* Those that got their SIGTERM already. */
struct asked {
    pid_t *pids;
    size_t count;
};

static bool was_asked(const struct asked *asked, pid_t pid)
{
    for (size_t i = 0; i < asked->count; i++)
        if (asked->pids[i] == pid)
            return true;
    return false;
}

/* SIGTERM, once to each, until the deadline; then SIGKILL. */
static void signal_top(const struct worker *worker, const struct asked *asked, pid_t top)
{
    if (worker->merciless) {
        children_kill(top);
    } else if (!was_asked(asked, top)) {
        children_signal(top, SIGTERM);
        children_signal(top, SIGCONT);
    }
}

/* What is waited for: some of the leftovers. */
struct watched {
    struct pollfd fds[8];
    nfds_t        count;
};

static void watch(struct watched *watched, pid_t pid)
{
    int fd;

    if (watched->count == sizeof(watched->fds) / sizeof(watched->fds[0]))
        return;
    fd = pidfd_open(pid, 0);
    if (fd >= 0)
        watched->fds[watched->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void unwatch(struct watched *watched)
{
    while (watched->count > 0)
        close(watched->fds[--watched->count].fd);
}

/* Signals all that the command left behind; returns whether there was anything. */
static bool signal_leftovers(struct worker *worker, struct asked *asked, struct watched *watched)
{
    struct tree_tops tops;

    if (tree_lock(worker->record->id, worker->pid, &tops) != 0)
        return true; /* no descriptor or memory just now: look again */
    for (size_t i = 0; i < tops.count; i++) {
        signal_top(worker, asked, tops.pids[i]);
        watch(watched, tops.pids[i]);
    }
    free(asked->pids);
    *asked = (struct asked){.pids = tops.pids, .count = tops.count};
    tops.pids = NULL;
    tree_unlock(&tops);
    return asked->count > 0;
}

/* How long to wait before the next look. Those killed are gone in no time. */
static double patience(const struct worker *worker, const struct watched *watched)
{
    if (worker->merciless || watched->count == 0)
        return 0.002;
    return worker_until(worker->deadline);
}

void leftovers_end(struct worker *worker)
{
    struct watched watched = {.count = 0};
    struct asked   asked = {0};

    if (tree_is_empty())
        return; /* the usual case: one system call */
    while (signal_leftovers(worker, &asked, &watched)) {
        int n;

        execution_begin_stop(worker);
        n = k3thread_poll(watched.fds, watched.count, patience(worker, &watched));
        unwatch(&watched);
        if (n == -ECANCELED)
            execution_take_raised(worker);
        if (worker_until(worker->deadline) == 0)
            worker->merciless = true;
    }
    unwatch(&watched);
    free(asked.pids);
}
