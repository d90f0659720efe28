#include "cli/supervisor/guardian.h"

#include "cli/supervisor/children.h"
#include "cli/supervisor/journal.h"
#include "cli/supervisor/lean.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void kill_child(pid_t child)
{
    pid_t group = getpgid(child);

    children_kill_below(child);
    if (group > 1 && group != getpgrp())
        kill(-group, SIGKILL);
    kill(child, SIGKILL);
}

/* One sweep over what is a child of ours now; returns how many there were, dead ones too. */
static size_t kill_children(int list)
{
    pid_t *pids;
    size_t count;

    if (children_read(list, &pids, &count) != 0)
        return 1; /* no memory: look again */
    for (size_t i = 0; i < count; i++)
        kill_child(pids[i]);
    free(pids);
    return count;
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

/* Kills and reaps until nothing is left: what has lost its parent comes to us. */
static size_t end_everything(void)
{
    int    list = children_open(getpid(), getpid());
    size_t reaped = 0;

    if (list < 0) {
        journal_write("cannot list what is left: %s", strerrordesc_np(-list));
        return 0;
    }
    while (kill_children(list) > 0)
        reaped += reap_some();
    close(list);
    return reaped;
}

static int exit_status(const siginfo_t *end)
{
    return end->si_code == CLD_EXITED ? end->si_status : 128 + end->si_status;
}

/* Clears up behind the supervisor and exits as it did. */
__attribute__((noreturn)) static void conclude(const struct guardian_options *options,
                                               const siginfo_t               *end)
{
    size_t killed = end_everything();

    if (end->si_code != CLD_EXITED) {
        journal_write("the supervisor was killed by signal %d; its %zu processes were ended",
                      end->si_status, killed);
        unlink(options->socket);
    } else if (killed > 0) {
        journal_write("the supervisor left %zu processes behind; they were ended", killed);
    }
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

__attribute__((noreturn)) static void guard(const struct guardian_options *options,
                                            pid_t supervisor, const sigset_t *signals)
{
    siginfo_t end;

    prctl(PR_SET_NAME, "k3thread-guard");
    close(options->listener);
    if (options->lifeline >= 0)
        close(options->lifeline);
    lean_process();
    for (;;) {
        int signal = sigwaitinfo(signals, NULL);

        if (signal == SIGCHLD && reap_until(supervisor, &end))
            conclude(options, &end);
        else if (signal > 0 && signal != SIGCHLD)
            kill(supervisor, signal);
    }
}

int guardian_fork(const struct guardian_options *options, pid_t *ret_guardian)
{
    pid_t    guardian = getpid();
    sigset_t signals;
    pid_t    child;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    child = fork();
    if (child < 0)
        return -errno;
    if (child > 0)
        guard(options, child, &signals);
    /* The signals stay blocked: the server takes them from a descriptor. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return -errno;
    if (getppid() != guardian)
        _exit(1);
    *ret_guardian = guardian;
    return 0;
}
