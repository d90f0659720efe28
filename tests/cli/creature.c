/*
 * creature FILE [HOW…]: becomes hard to end, appends its pid to FILE (absolute) and stays for ever.
 *
 * Each HOW is done in order:
 *   setpgid, setsid  go into a group or a session of its own
 *   fork             go on as a child whose parent exits
 *   dig              become 40 processes, each the child of the last and in a session of its own
 *   mine             the same with 700 processes
 *   unmark           lower the limits that k3thread marks processes with
 *   shed             go on as a child; the parent notes its pid, throws its mark away, goes to a
 *                    session of its own and stays
 *   sibling          go on as a child of the parent (CLONE_PARENT), and exit when
 *                    that child has written its pid
 *   chdir            go to the root directory
 *   close            close every descriptor
 *   stubborn         ignore each signal that can be ignored
 *   stop             stop once the pid is written
 *   disk             once the pid is written, wait as a process that waits for a disk does
 */
#include "cli/base/linux_calls.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *file;
static int         told = -1; /* a descriptor that gets a byte when the pid is written */

static int become_child(void)
{
    pid_t child = fork();

    if (child > 0)
        _exit(0);
    return child;
}

static int dig(int depth)
{
    while (--depth > 0) {
        pid_t child = fork();

        if (child != 0)
            return child < 0 ? -1 : 0;
        if (setsid() < 0)
            return -1;
    }
    return 0;
}

static int ignore_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        (void) signal(number, SIG_IGN);
    return 0;
}

static int lower_limits(void)
{
    const struct rlimit low = {1000, 1000};

    return setrlimit(RLIMIT_LOCKS, &low) < 0 ? -1 : setrlimit(RLIMIT_RSS, &low);
}

/* Appends the pid with one write, so that several processes can share a file. */
static int write_pid(const char *path)
{
    char    line[16];
    int     size = snprintf(line, sizeof(line), "%d\n", (int) getpid());
    int     fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    ssize_t written = fd >= 0 ? write(fd, line, (size_t) size) : -1;

    return fd >= 0 && close(fd) == 0 && written == size ? 0 : -1;
}

static int become_sibling(void)
{
    int  ends[2];
    char byte;
    long child;

    if (pipe(ends) < 0)
        return -1;
    child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
    if (child > 0) { /* the parent exits when the child has written its pid */
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 1);
    }
    told = ends[1];
    return (int) child;
}

static int shed(void)
{
    pid_t child = fork();

    if (child <= 0)
        return child;
    if (lower_limits() < 0 || setsid() < 0 || write_pid(file) < 0)
        _exit(1);
    for (;;)
        (void) pause();
}

static int do_one(const char *how)
{
    if (strcmp(how, "setpgid") == 0)
        return setpgid(0, 0);
    if (strcmp(how, "setsid") == 0)
        return setsid() < 0 ? -1 : 0;
    if (strcmp(how, "fork") == 0)
        return become_child();
    if (strcmp(how, "dig") == 0)
        return dig(40);
    if (strcmp(how, "mine") == 0)
        return dig(700);
    if (strcmp(how, "unmark") == 0)
        return lower_limits();
    if (strcmp(how, "shed") == 0)
        return shed();
    if (strcmp(how, "sibling") == 0)
        return become_sibling();
    if (strcmp(how, "chdir") == 0)
        return chdir("/");
    if (strcmp(how, "close") == 0)
        return linux_close_range(0, ~0U, 0);
    if (strcmp(how, "stubborn") == 0)
        return ignore_signals();
    return strcmp(how, "stop") == 0 || strcmp(how, "disk") == 0 ? 0 : -1;
}

/* Waits without end. The parent of vfork() cannot be interrupted, like a process that waits for a disk. */
static void wait_for_vfork(void)
{
    if (vfork() == 0) { /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            (void) pause();
    }
}

int main(int count, char **words)
{
    const char *last = count > 2 ? words[count - 1] : "";

    if (count < 2)
        return 2;
    file = words[1];
    for (int i = 2; i < count; i++)
        if (do_one(words[i]) < 0)
            return 1;
    if (write_pid(file) < 0 || (told >= 0 && write(told, "", 1) != 1) ||
        (strcmp(last, "stop") == 0 && raise(SIGSTOP) != 0))
        return 1;
    if (strcmp(last, "disk") == 0)
        wait_for_vfork();
    for (;;)
        (void) pause();
}
