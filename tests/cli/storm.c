/*
 * storm WIDTH SECONDS [setsid]: forks as fast as it can and ignores SIGTERM.
 *
 * WIDTH chains run side by side; in each, a process forks the next and goes, into a session of its
 * own with "setsid". All end by themselves after SECONDS.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static time_t now(void)
{
    struct timespec time;

    return clock_gettime(CLOCK_MONOTONIC, &time) == 0 ? time.tv_sec : 0;
}

/* A fork that fails, for want of numbers, is tried again. */
static void run_chain(time_t end, bool sessions)
{
    while (now() < end) {
        pid_t next = fork();

        if (next > 0)
            _exit(0);
        if (next == 0 && sessions)
            (void) setsid();
    }
    _exit(0);
}

int main(int count, char **words)
{
    bool   sessions = count > 3 && strcmp(words[3], "setsid") == 0;
    long   width = count > 2 ? strtol(words[1], NULL, 10) : 1;
    time_t end = now() + (count > 2 ? strtol(words[2], NULL, 10) : 1);

    if (signal(SIGTERM, SIG_IGN) == SIG_ERR)
        return 1;
    for (long i = 0; i < width; i++)
        if (fork() == 0)
            run_chain(end, sessions);
    while (now() < end)
        (void) sleep(1);
    return 0;
}
