/*
 * storm WIDTH SECONDS [HOW…]: forks as fast as it can and ignores SIGTERM.
 *
 * WIDTH chains run side by side; in each, a process forks the next and exits. HOW changes that:
 *   setsid  each process is in a session of its own
 *   grow    a process stays when it has forked, and forks again: there are as many processes as
 *           possible, and a process that is killed is replaced
 *
 * Each chain prints a line when it has come to its hundredth process. All processes end by themselves after
 * SECONDS. There are never more than LIMIT processes, so that the machine has process ids for others: root
 * becomes a user of its own for that.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 2000
#define USER  61236

static time_t end;
static bool   sessions, grows;

static time_t now(void)
{
    struct timespec time;

    return clock_gettime(CLOCK_MONOTONIC, &time) == 0 ? time.tv_sec : 0;
}

/* Forks until the end; a fork that fails for lack of process ids is tried again. */
static void run_chain(void)
{
    static const char message[] = "it rages\n";
    unsigned          depth = 0;

    while (now() < end) {
        pid_t next = fork();

        if (next > 0 && !grows)
            _exit(0);
        if (next == 0 && sessions)
            (void) setsid();
        if (next == 0 && ++depth == 100)
            (void) !write(STDOUT_FILENO, message, sizeof(message) - 1);
    }
    _exit(0);
}

static bool limit(void)
{
    const struct rlimit processes = {LIMIT, LIMIT};

    return setrlimit(RLIMIT_NPROC, &processes) == 0 &&
           (getuid() != 0 || setresuid(USER, USER, USER) == 0);
}

int main(int count, char **words)
{
    long width = count > 2 ? strtol(words[1], NULL, 10) : 1;

    end = now() + (count > 2 ? strtol(words[2], NULL, 10) : 1);
    for (int i = 3; i < count; i++) {
        sessions |= strcmp(words[i], "setsid") == 0;
        grows |= strcmp(words[i], "grow") == 0;
    }
    if (!limit() || signal(SIGTERM, SIG_IGN) == SIG_ERR)
        return 1;
    for (long i = 0; i < width; i++)
        if (fork() == 0)
            run_chain();
    while (now() < end)
        (void) sleep(1);
    return 0;
}
