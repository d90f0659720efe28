/*
 * saver FILE NAME SECONDS [HOW…]: notes each signal that it gets in FILE, and cleans up for SECONDS.
 *
 * Appends lines: "NAME up" when it is ready; "NAME TERM" and the like for each signal; and, SECONDS
 * after the first signal, "NAME saved". Then it exits with 0. SIGCONT and SIGCHLD are not noted.
 *
 * Each HOW is done in order before that:
 *   setpgid, setsid  go into a group or a session of its own
 *   fork             go on as a child whose parent exits
 *   deaf             ignore SIGINT, as a background job of the shell does
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *file, *name;
static bool        is_deaf;

static void note(const char *what)
{
    char line[128];
    int  size = snprintf(line, sizeof(line), "%s %s\n", name, what);
    int  fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, line, (size_t) size) != size || close(fd) < 0)
        _exit(3);
}

static int do_one(const char *how)
{
    pid_t child = 0;

    if (strcmp(how, "setpgid") == 0)
        return setpgid(0, 0);
    if (strcmp(how, "setsid") == 0)
        return setsid() < 0 ? -1 : 0;
    if (strcmp(how, "deaf") == 0)
        return (is_deaf = true) && signal(SIGINT, SIG_IGN) == SIG_ERR ? -1 : 0;
    if (strcmp(how, "fork") != 0)
        return -1;
    child = fork();
    if (child > 0)
        _exit(0);
    return child;
}

/* Returns the word to note for a signal, or NULL for signals that are noted as numbers. */
static const char *name_of(int number)
{
    static const char *const names[NSIG] = {
        [SIGHUP] = "HUP",   [SIGINT] = "INT",   [SIGQUIT] = "QUIT",
        [SIGTERM] = "TERM", [SIGUSR1] = "USR1", [SIGUSR2] = "USR2",
        [SIGALRM] = "ALRM", [SIGPWR] = "PWR",   [SIGCONT] = "CONT",
    };

    return names[number];
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* Waits for a signal until END; returns its number, or 0. */
static int next_signal(const sigset_t *signals, double end)
{
    double          left = end - now();
    struct timespec limit;

    if (left < 0)
        left = 0;
    limit = (struct timespec){.tv_sec = (time_t) left,
                              .tv_nsec = (long) ((left - (double) (time_t) left) * 1e9)};
    for (;;) {
        int signal = sigtimedwait(signals, NULL, &limit);

        if (signal > 0 || errno == EAGAIN)
            return signal > 0 ? signal : 0;
    }
}

int main(int count, char **words)
{
    sigset_t signals;
    double   end = now() + 1e6;
    int      number, asked = 0;

    if (count < 4)
        return 2;
    file = words[1];
    name = words[2];
    for (number = 1; number < NSIG; number++)
        (void) signal(number, SIG_DFL);
    for (int i = 4; i < count; i++)
        if (do_one(words[i]) < 0)
            return 1;
    sigfillset(&signals);
    sigdelset(&signals, SIGCONT);
    sigdelset(&signals, SIGCHLD);
    if (is_deaf) /* a blocked signal is not ignored */
        sigdelset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return 1;
    note("up");
    while ((number = next_signal(&signals, end)) != 0) {
        char        other[16];
        const char *word = name_of(number);

        (void) snprintf(other, sizeof(other), "%d", number);
        note(word != NULL ? word : other);
        if (!asked++)
            end = now() + strtod(words[3], NULL);
    }
    note("saved");
    return 0;
}
