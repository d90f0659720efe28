/*
 * A process that attaches, logs each exception that it catches, and does at random what makes raises fail: it exits,
 * dies, forks, execs, detaches, is stopped. See storm.py. `storm LOG SEED`
 *
 * The log has a line "image" when the program begins, also by exec, and the message of each exception.
 */
#include "k3thread.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int      log_fd;
static unsigned seed;

static void note(const char *word)
{
    char line[K3THREAD_MESSAGE_MAX + 1];
    int  size = snprintf(line, sizeof(line), "%s\n", word);

    if (write(log_fd, line, (size_t) size) != size)
        _exit(99);
}

static unsigned at_random(unsigned below)
{
    seed = seed * 1103515245U + 12345U;
    return (seed >> 16) % below;
}

/* Makes a child, which ends or execs at once, with all that the parent has pending. */
static void make_child(void)
{
    pid_t child = fork();

    if (child == 0 && at_random(2) == 0)
        execl("/bin/true", "true", (char *) NULL);
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
}

/* Is stopped for around the second that the supervisor waits. */
static void be_stopped(void)
{
    const unsigned time = at_random(3) == 0 ? 990000 + at_random(20000) : at_random(3000);
    pid_t          child = fork();

    if (child == 0) {
        kill(getppid(), SIGSTOP);
        usleep(time);
        kill(getppid(), SIGCONT);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void *end_at_once(void *arg)
{
    return arg;
}

static void exec_again(char **words)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", seed);
    words[2] = number;
    execv("/proc/self/exe", words);
    _exit(98);
}

static void do_something(char **words)
{
    switch (at_random(24)) {
    case 0:
        exit(0);
    case 1:
        _exit(0);
    case 2:
        raise(SIGKILL);
        break;
    case 3:
        exec_again(words);
        break;
    case 4:
    case 5:
        k3thread_detach();
        break;
    case 6:
        k3thread_detach();
        make_child();
        break;
    case 7:
    case 8:
        make_child();
        break;
    case 9:
        be_stopped();
        break;
    case 10:
        k3thread_start(NULL, end_at_once, NULL, &(struct k3thread_options){.daemon = true});
        break;
    default:
        break;
    }
}

/* Waits, and logs what comes. */
static void wait_a_little(void)
{
    const double seconds = at_random(4000) * 1e-6;

    K3THREAD_TRY {
        k3thread_sleep(seconds);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        note(e->message);
    }
    K3THREAD_END
}

int main(int count, char **words)
{
    if (count < 3)
        return 97;
    log_fd = open(words[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    seed = (unsigned) strtoul(words[2], NULL, 10);
    note("image");
    for (;;) {
        if (k3thread_attach() != 0)
            return 96;
        for (unsigned i = at_random(20); i > 0; i--)
            wait_a_little();
        do_something(words);
    }
}
