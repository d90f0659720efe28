#include "cli/supervisor/guardian.h"

#include "cli/base/descriptors.h"
#include "cli/base/directory.h"
#include "cli/base/memory_release.h"
#include "cli/base/signal_set.h"
#include "cli/base/status.h"
#include "cli/place/journal.h"
#include "cli/place/lock.h"
#include "cli/process/children.h"
#include "cli/process/children_end.h"
#include "cli/server/output_times.h"
#include "cli/supervisor/title.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Returns true if the process at the other end of the lifeline has ended. */
static bool is_orphaned(const struct guardian_options *options)
{
    struct pollfd pollfd = {.fd = options->lifeline}; /* only a hang-up counts */

    return options->lifeline >= 0 && poll(&pollfd, 1, 0) > 0;
}

static int exit_status(const siginfo_t *end)
{
    return end->si_code == CLD_EXITED ? end->si_status : STATUS_SIGNAL_BASE + end->si_status;
}

/* Cleans up after the supervisor, and exits as the supervisor did. */
__attribute__((noreturn)) static void conclude(const struct guardian_options *options,
                                               int children_fd, const siginfo_t *end)
{
    size_t left, killed = children_end(children_fd, &left);

    if (left > 0)
        journal_write("%zu processes are left that may not be killed", left);
    if (end->si_code != CLD_EXITED) {
        journal_write("the supervisor was killed by signal %d; its %zu processes were ended",
                      end->si_status, killed);
        /* No other supervisor can have a socket in this place while we hold the lock. */
        if (lock_is_at(options->lock, options->lock_path))
            unlink(options->socket);
    } else if (killed > 0) {
        journal_write("the supervisor left %zu processes behind; they were ended", killed);
    }
    /* A starter that is alive reads the logs to their end, and removes them itself. */
    if (options->directory != NULL && is_orphaned(options)) {
        directory_remove(options->directory);
        if (options->state != NULL)
            directory_remove(options->state);
    }
    output_times_close();
    _exit(exit_status(end));
}

/* Reaps the children that have ended. Returns true if the supervisor is one of them. */
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

/*
 * Waits for one of SIGNALS, in the guardian or in the process that waits for it. Returns the signal, or -1. After the
 * first idle second the process frees all memory but a few pages, see memory_release_process(): not sooner, because a
 * client is waiting for the supervisor to be up.
 */
static int wait_for_signal(const sigset_t *signals, bool *is_lean)
{
    static const struct timespec rest = {.tv_sec = 1};

    if (!*is_lean) {
        int signal = (int) syscall(SYS_rt_sigtimedwait, signals, NULL, &rest, (NSIG - 1) / 8);

        if (signal > 0)
            return signal;
        memory_release_process();
        *is_lean = true;
    }
    return (int) syscall(SYS_rt_sigtimedwait, signals, NULL, NULL, (NSIG - 1) / 8);
}

/*
 * Takes the lock on the new file, if the supervisor had to make a new one because the file was
 * removed.
 */
static void share_lock(const struct guardian_options *options)
{
    int fd = lock_is_at(options->lock, options->lock_path) ? -1 : lock_share(options->lock_path);

    journal_restore();
    if (fd < 0)
        return;
    (void) dup3(fd, options->lock, O_CLOEXEC);
    close(fd);
}

/*
 * Waits until CHILD ends, and returns how. Passes signals on to it, but not SIGUSR1 if OPTIONS are given: with that
 * signal the supervisor asks its guardian to share the lock.
 */
static siginfo_t watch_over(pid_t child, const sigset_t *signals,
                            const struct guardian_options *options)
{
    siginfo_t end;
    bool      is_lean = false;

    for (;;) {
        int signal = wait_for_signal(signals, &is_lean);

        if (signal == SIGCHLD && reap_until(child, &end))
            return end;
        if (signal == SIGUSR1 && options != NULL)
            share_lock(options);
        else if (signal > 0 && signal != SIGCHLD)
            kill(child, signal);
    }
}

/* Watches the supervisor until it ends, and then ends the processes that it leaves. */
__attribute__((noreturn)) static void guard(const struct guardian_options *options, int children_fd,
                                            pid_t supervisor, const sigset_t *signals)
{
    siginfo_t end;

    title_set("k3-guardian");
    close(options->listener);
    if (options->lifeline >= 0 && options->directory == NULL)
        close(options->lifeline);
    end = watch_over(supervisor, signals, options);
    conclude(options, children_fd, &end);
}

/*
 * Passes signals on to the guardian, and exits as the guardian does: the process that started this
 * one waits for it.
 */
__attribute__((noreturn)) static void wait_for_guardian(pid_t guardian, const sigset_t *signals)
{
    siginfo_t end;

    title_set("k3-wait");
    /* If a lock stayed open here, the next supervisor would wait for it. */
    descriptors_close_from(STDERR_FILENO + 1);
    end = watch_over(guardian, signals, NULL);
    _exit(exit_status(&end));
}

static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

/* Makes the kernel send SIGTERM to this process, a new child, when PARENT ends. Returns 0 or -errno. */
static int follow_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return -errno;
    if (getppid() != parent)
        _exit(1);
    return 0;
}

/*
 * Continues in a new process if this process already had children before it became k3thread by
 * exec. A guardian ends all its children, and those children are not ours: they stay with the old
 * process. Process 1 cannot do that, because it inherits every orphaned process. Returns 0 or
 * -errno.
 */
static int leave_children(const sigset_t *signals)
{
    pid_t parent = getpid();
    pid_t child;

    if (parent == 1 || !has_children())
        return 0;
    child = fork();
    if (child < 0)
        return -errno;
    if (child > 0)
        wait_for_guardian(child, signals);
    return follow_parent(parent);
}

int guardian_fork(const struct guardian_options *options, pid_t *ret_guardian)
{
    const sigset_t signals = SIGNAL_SET(SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1);
    int children_fd; /* the list of our children; opened now, while there is a descriptor for it */
    int error;
    pid_t guardian, child;

    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return -errno;
    error = leave_children(&signals);
    if (error != 0)
        return error;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    guardian = getpid();
    children_fd = children_open(guardian, guardian);
    if (children_fd < 0)
        return children_fd;
    child = fork();
    if (child < 0)
        return -errno;
    if (child > 0)
        guard(options, children_fd, child, &signals);
    close(children_fd);
    /* The signals stay blocked: the server takes them from a descriptor. */
    *ret_guardian = guardian;
    return follow_parent(guardian);
}
