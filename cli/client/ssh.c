#include "cli/client/ssh.h"

#include "cli/base/linux_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool ssh_is_host(const char *host, struct text *why)
{
    if (host[0] != '\0' && host[0] != '-')
        return true;
    text_printf(why, "'%s' is no host; give the name that ssh connects to", host);
    return false;
}

/* The child */

/*
 * Gives ssh an error output of its own, if that is a pipe. ssh makes its descriptors non-blocking, and a pipe that
 * is open only once would be so for this process, too.
 */
static void reopen_errors(void)
{
    struct stat info;
    int         fd;

    if (fstat(STDERR_FILENO, &info) < 0 || !S_ISFIFO(info.st_mode))
        return;
    fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return;
    if (fcntl(fd, F_SETFL, 0) == 0)
        (void) dup2(fd, STDERR_FILENO);
    close(fd);
}

/*
 * Sets the signals of ssh. SIGPIPE reports that this process is gone. An ssh that ignores it ends when its input has
 * ended, unless it serves other sessions, or when it cannot connect in time.
 */
static void set_signals(pid_t parent)
{
    static const int ignored[] = {SIGINT, SIGQUIT, SIGHUP};
    sigset_t         none;

    (void) sigemptyset(&none);
    (void) signal(SIGPIPE, SIG_DFL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        (void) signal(ignored[i], SIG_IGN);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
    (void) prctl(PR_SET_PDEATHSIG, SIGPIPE);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

/* Becomes ssh, whose input and output are FD. If that fails, writes the errno to REPORT. */
_Noreturn static void become_ssh(const char *host, bool asks, int fd, int report)
{
    char *const words[] = {"ssh", (char *) host, "k3thread", "proxy", NULL};
    int         error;

    if (!asks) {
        (void) setsid(); /* without a terminal, ssh cannot ask there */
        (void) setenv("SSH_ASKPASS_REQUIRE", "never", 1);
    }
    reopen_errors();
    if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
        (void) execvp(words[0], words);
    error = errno;
    (void) !write(report, &error,
                  sizeof(error)); /* without it, the end of this process tells the parent */
    _exit(EXIT_FAILURE);
}

/* The parent */

/* Waits until the child has executed ssh. Returns 0, or -errno of the step that failed. */
static int await_exec(int report)
{
    int     error = 0;
    ssize_t size;

    do
        size = read(report, &error, sizeof(error));
    while (size < 0 && errno == EINTR);
    return size == (ssize_t) sizeof(error) ? -error : 0;
}

/* Starts ssh with FD as its input and output. Returns 0 or -errno. */
static int spawn(struct ssh *ssh, const char *host, bool asks, int fd)
{
    pid_t parent = getpid();
    int   report[2];
    int   error;

    if (pipe2(report, O_CLOEXEC) < 0)
        return -errno;
    ssh->pid = fork();
    if (ssh->pid == 0) {
        set_signals(parent);
        become_ssh(host, asks, fd, report[1]);
    }
    error = ssh->pid < 0 ? -errno : 0;
    close(report[1]);
    if (error == 0)
        error = await_exec(report[0]);
    close(report[0]);
    if (error != 0 && ssh->pid > 0)
        (void) waitpid(ssh->pid, NULL, 0);
    if (error != 0)
        ssh->pid = 0;
    return error;
}

int ssh_start(struct ssh *ssh, const char *host, bool asks, int *ret_fd, struct text *why)
{
    int ends[2];
    int error;

    *ssh = (struct ssh){0};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        error = -errno;
        text_printf(why, "cannot make a connection for ssh: %s", strerror(-error));
        return error;
    }
    error = spawn(ssh, host, asks, ends[1]);
    close(ends[1]);
    if (error != 0) {
        close(ends[0]);
        text_printf(why, "cannot run ssh: %s", strerror(-error));
        return error;
    }
    *ret_fd = ends[0];
    return 0;
}

/* Waits until the process has ended, or for SECONDS. */
static void wait_for_end(pid_t pid, double seconds)
{
    struct pollfd pollfd = {.fd = linux_pidfd_open(pid), .events = POLLIN};

    if (pollfd.fd < 0)
        return;
    while (poll(&pollfd, 1, (int) (seconds * 1000)) < 0 && errno == EINTR)
        continue;
    close(pollfd.fd);
}

void ssh_cut_off(const struct ssh *ssh)
{
    if (ssh->pid != 0)
        (void) kill(ssh->pid, SIGPIPE);
}

bool ssh_finish(struct ssh *ssh, double seconds)
{
    if (ssh->pid == 0)
        return ssh->has_ended;
    wait_for_end(ssh->pid, seconds);
    if (waitpid(ssh->pid, &ssh->status, WNOHANG) == ssh->pid)
        ssh->has_ended = true;
    ssh->pid = 0;
    return ssh->has_ended;
}
