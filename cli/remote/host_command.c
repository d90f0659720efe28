#include "cli/remote/host_command.h"

#include "cli/base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

/* The pipes of one command, by the number of the stream. */
struct pipes {
    int theirs[3], ours[3];
};

/* Makes the pipes. Returns 0 or -errno. */
static int open_pipes(struct pipes *pipes)
{
    int ends[2];

    for (int fd = 0; fd < 3; fd++)
        pipes->theirs[fd] = pipes->ours[fd] = -1;
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

/* Starts COMMAND with ENDS as its standard streams. Returns 0 or -errno. */
static int spawn_command(char *const *command, const int *ends, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t          attributes;
    sigset_t                   none, all;
    int                        error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return -error;
    sigemptyset(&none);
    sigfillset(&all);
    error = posix_spawnattr_init(&attributes);
    for (int fd = 0; error == 0 && fd < 3; fd++)
        error = posix_spawn_file_actions_adddup2(&actions, ends[fd], fd);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (error == 0)
        error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0)
        error =
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnp(ret_pid, command[0], &actions, &attributes, command, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
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
