#include "cli/remote/host_command.h"

#include "cli/base/descriptors.h"
#include "cli/base/signal_reset.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pipes of one command, by the number of the stream. */
struct pipes {
    int theirs[3], ours[3];
};

/* Makes the pipes. Returns 0 or -errno. */
static int open_pipes(struct pipes *pipes)
{
    int ends[2];

    *pipes = (struct pipes){{-1, -1, -1}, {-1, -1, -1}};
    for (int fd = 0; fd < 3; fd++) {
        if (pipe2(ends, O_CLOEXEC) < 0)
            return -errno;
        pipes->theirs[fd] = ends[fd == STDIN_FILENO ? 0 : 1];
        pipes->ours[fd] = ends[fd == STDIN_FILENO ? 1 : 0];
    }
    return 0;
}

static void close_all(int *ends)
{
    for (int fd = 0; fd < 3; fd++)
        descriptors_close(&ends[fd]);
}

/* Gives this process, a new child, the signal dispositions and the mask of a program that a shell starts. */
static void set_signals(void)
{
    sigset_t none;

    signal_reset_all();
    sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Makes this process, a child of PARENT by vfork(), COMMAND, with ENDS as its standard streams. The command gets
 * SIGTERM when PARENT dies, because not every command notices the end of its input. Returns -errno.
 */
static int become_command(char *const *command, const int *ends, pid_t parent)
{
    set_signals();
    for (int fd = 0; fd < 3; fd++)
        if (dup2(ends[fd], fd) < 0)
            return -errno;
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        return -errno;
    if (getppid() == parent)
        execvp(command[0], command);
    return -errno;
}

/* Starts COMMAND with ENDS, none of which is below 3, as its standard streams. Returns 0 or -errno. */
static int spawn_command(char *const *command, const int *ends, pid_t *ret_pid)
{
    volatile int error = 0; /* the child writes to it, because it shares the memory */
    pid_t        parent = getpid();
    pid_t        pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        error = become_command(command, ends, parent);
        _exit(127);
    }
    if (error != 0)
        (void) waitpid(pid, NULL, 0);
    else
        *ret_pid = pid;
    return error;
}

int host_command_start(char *const *command, pid_t *ret_pid, int ret_ends[3])
{
    struct pipes pipes;
    pid_t        pid = 0;
    int          error = open_pipes(&pipes);

    if (error == 0)
        error = spawn_command(command, pipes.theirs, &pid);
    close_all(pipes.theirs);
    if (error != 0) {
        close_all(pipes.ours);
        return error;
    }
    *ret_pid = pid;
    for (int fd = 0; fd < 3; fd++)
        ret_ends[fd] = pipes.ours[fd];
    return 0;
}
