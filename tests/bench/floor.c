#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

int number(const char *text)
{
    char *end;
    long  value = strtol(text, &end, 10);

    errno = EINVAL;
    if (*end != '\0' || value < 1 || value > 1000000000)
        fail(text);
    return (int) value;
}

/* Made once, so that its cost does not count as the spawn's. */
static posix_spawn_file_actions_t *quiet_actions(void)
{
    static posix_spawn_file_actions_t actions;
    static bool                       made;

    if (!made &&
        (posix_spawn_file_actions_init(&actions) != 0 ||
         posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0))
        fail("posix_spawn_file_actions");
    made = true;
    return &actions;
}

pid_t spawn(char **argv, bool quiet)
{
    pid_t pid;

    errno = posix_spawnp(&pid, argv[0], quiet ? quiet_actions() : NULL, NULL, argv, environ);
    if (errno != 0)
        fail(argv[0]);
    return pid;
}

void expect_success(pid_t pid, char **argv)
{
    int status;

    if (waitpid(pid, &status, 0) < 0)
        fail("waitpid");
    if (status == 0)
        return;
    fprintf(stderr, "%s %s: status %#x\n", argv[0], argv[1] != NULL ? argv[1] : "",
            (unsigned) status);
    exit(1);
}
