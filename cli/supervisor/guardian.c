#include "cli/supervisor/guardian.h"

#include "cli/supervisor/children.h"
#include "cli/place.h"
#include "cli/supervisor/journal.h"
#include "cli/supervisor/lean.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void kill_child(pid_t child)
{
    pid_t group = getpgid(child);

    children_kill_below(child);
    if (group > 1 && group != getpgrp())
        kill(-group, SIGKILL);
    kill(child, SIGKILL);
}

/* One sweep over what is a child of ours now; *RET is how many there were, dead ones too. */
static int kill_children(int list, size_t *ret)
{
    pid_t *pids;
    size_t count;
    int    error = children_read(list, &pids, &count);

    if (error != 0)
        return error;
    for (size_t i = 0; i < count; i++)
        kill_child(pids[i]);
    free(pids);
    *ret = count;
    return 0;
}

/* Waits for one child to die, then reaps whatever else is dead. */
static size_t reap_some(void)
{
    size_t reaped = 0;
    int    status;

    while (waitpid(-1, &status, reaped == 0 ? 0 : WNOHANG) > 0)
        reaped++;
    return reaped;
}

/*
 * Kills and reaps until nothing is left: what has lost its parent comes to us. Without memory for a
 * sweep there is another one in a moment: nobody was killed whose death could be waited for.
 */
static size_t end_everything(int list)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    size_t                       reaped = 0, count = 1;

    while (count > 0)
        if (kill_children(list, &count) != 0)
            nanosleep(&moment, NULL);
        else if (count > 0)
            reaped += reap_some();
    return reaped;
}

/* Has whoever held the other end of the lifeline gone? */
static bool is_orphaned(const struct guardian_options *options)
{
    struct pollfd pollfd = {.fd = options->lifeline, .events = POLLIN};

    return options->lifeline >= 0 && poll(&pollfd, 1, 0) > 0;
}

static int exit_status(const siginfo_t *end)
{
    return end->si_code == CLD_EXITED ? end->si_status : 128 + end->si_status;
}

/* Clears up behind the supervisor and exits as it did. */
__attribute__((noreturn)) static void conclude(const struct guardian_options *options, int list,
                                               const siginfo_t *end)
{
    size_t killed = end_everything(list);

    if (end->si_code != CLD_EXITED) {
        journal_write("the supervisor was killed by signal %d; its %zu processes were ended",
                      end->si_status, killed);
        unlink(options->socket);
    } else if (killed > 0) {
        journal_write("the supervisor left %zu processes behind; they were ended", killed);
    }
    /* A starter that lives reads the logs to their end, and removes them himself. */
    if (options->directory != NULL && is_orphaned(options))
        place_remove_directory(options->directory);
    _exit(exit_status(end));
}

/* Reaps what is dead; returns true when the supervisor is among it. */
static bool reap_until(pid_t supervisor, siginfo_t *ret)
{
    for (;;) {
        siginfo_t info = {0};

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
            return false;
        if (info.si_pid == supervisor) {
            *ret = info;
            return true;
        }
    }
}

/* Stays in few pages, which is nearly all that an idle guardian holds: see lean_process(). */
static int wait_for_signal(const sigset_t *signals)
{
    return (int) syscall(SYS_rt_sigtimedwait, signals, NULL, NULL, (NSIG - 1) / 8);
}

__attribute__((noreturn)) static void guard(const struct guardian_options *options, int list,
                                            pid_t supervisor, const sigset_t *signals)
{
    siginfo_t end;

    prctl(PR_SET_NAME, "k3thread-guard");
    close(options->listener);
    if (options->lifeline >= 0 && options->directory == NULL)
        close(options->lifeline);
    lean_process();
    for (;;) {
        int signal = wait_for_signal(signals);

        if (signal == SIGCHLD && reap_until(supervisor, &end))
            conclude(options, list, &end);
        else if (signal > 0 && signal != SIGCHLD)
            kill(supervisor, signal);
    }
}

int guardian_fork(const struct guardian_options *options, pid_t *ret_guardian)
{
    pid_t    guardian = getpid();
    int      list; /* of our children: at the end there might be no descriptor for it */
    sigset_t signals;
    pid_t    child;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    list = children_open(guardian, guardian);
    if (list < 0)
        return list;
    child = fork();
    if (child < 0)
        return -errno;
    if (child > 0)
        guard(options, list, child, &signals);
    close(list);
    /* The signals stay blocked: the server takes them from a descriptor. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return -errno;
    if (getppid() != guardian)
        _exit(1);
    *ret_guardian = guardian;
    return 0;
}
