/*
 * Tests the end of all processes that a supervisor has adopted (cli/process/children_end.h). The processes, the clock
 * and the waits are this file's: so a process may outlive its kill.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/process/children_end.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>

long   __wrap_syscall(long number, ...);
double __wrap_clock_monotonic(void);
int    __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds);
pid_t  __wrap_waitpid(pid_t pid, int *status, int options);
int    __wrap_nanosleep(const struct timespec *time, struct timespec *rest);

/* One child. A descriptor of it is its place in the list and FIRST_FD. */
static struct child {
    double outlives; /* seconds after its kill */
    double end;      /* 0: it was not killed yet */
    bool   forbidden, held, unwatched, reaped;
} children[8];

#define FIRST_FD  60
#define FIRST_PID 1000
#define LIST      50

static size_t child_count, failing_reads;
static double now;
static char   done[512];

static void note(const char *format, int number)
{
    size_t size = strlen(done);

    (void) snprintf(done + size, sizeof(done) - size, format, number);
}

double __wrap_clock_monotonic(void)
{
    return now;
}

static bool is_dead(const struct child *child)
{
    return child->end > 0 && child->end <= now;
}

int children_read(int fd, pid_t **ret, size_t *ret_count)
{
    CHECK_EQUAL(fd, LIST);
    note(" read", 0);
    if (failing_reads > 0) {
        failing_reads--;
        return -ENOMEM;
    }
    *ret = calloc(8, sizeof(**ret));
    *ret_count = 0;
    for (size_t i = 0; i < child_count; i++)
        if (!children[i].reaped)
            (*ret)[(*ret_count)++] = FIRST_PID + (pid_t) i;
    return 0;
}

static int kill_noted(const char *format, pid_t pid)
{
    struct child *child = &children[pid - FIRST_PID];

    note(format, pid - FIRST_PID);
    if (child->forbidden)
        return -EPERM;
    if (child->end == 0)
        child->end = now + child->outlives;
    return 0;
}

int children_kill_group(pid_t pid)
{
    return kill_noted(" kill:%d", pid);
}

int children_kill(pid_t pid)
{
    return kill_noted(" all:%d", pid);
}

/* The only call of this kind: it opens a descriptor of a process. */
long __wrap_syscall(long number, ...)
{
    const struct child *child;
    va_list             arguments;
    pid_t               pid;

    CHECK_EQUAL(number, SYS_pidfd_open);
    va_start(arguments, number);
    pid = va_arg(arguments, pid_t);
    va_end(arguments);
    child = &children[pid - FIRST_PID];

    CHECK(!child->forbidden && !child->reaped);
    return child->unwatched ? -1 : dup2(STDERR_FILENO, FIRST_FD + pid - FIRST_PID);
}

int __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds)
{
    const struct child *child = count > 0 ? &children[polls->fd - FIRST_FD] : NULL;
    double              end = now + milliseconds / 1000.0;

    note(" wait:%d", milliseconds);
    CHECK(child == NULL || polls->events == POLLIN);
    if (child != NULL && child->end > 0 && child->end < end)
        end = child->end;
    now = end > now ? end : now;
    return child != NULL && is_dead(child);
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    CHECK(pid == -1 && status == NULL && options == (WNOHANG | __WALL));
    for (size_t i = 0; i < child_count; i++)
        if (is_dead(&children[i]) && !children[i].reaped && !children[i].held) {
            children[i].reaped = true;
            return FIRST_PID + (pid_t) i;
        }
    return child_count > 0 ? 0 : -1;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
    CHECK(rest == NULL && time->tv_sec == 0);
    note(" sleep:%d", (int) time->tv_nsec);
    return 0;
}

static void check(size_t reaped, size_t left, const char *wanted)
{
    int    before = test_count_open();
    size_t got_left = 99;

    done[0] = '\0';
    CHECK_EQUAL(children_end(LIST, &got_left), reaped);
    CHECK_EQUAL(got_left, left);
    CHECK_EQUAL(test_count_open(), before);
    if (strcmp(done, wanted) != 0)
        fprintf(stderr, "done:%s\n", done);
    CHECK_TEXT(done, wanted);
}

static void set(struct child first, struct child second)
{
    children[0] = first;
    children[1] = second;
    child_count = 2;
    now = 0.5;
}

static void all_children_are_killed_and_reaped(void)
{
    check(0, 0, " read read");
    failing_reads = 2;
    check(0, 0, " read sleep:1000000 read sleep:1000000 read read");
    set((struct child){.outlives = 0.02}, (struct child){.outlives = 0.01});
    check(2, 0, " read kill:0 kill:1 wait:51 wait:31 read");
    set((struct child){.outlives = 0.02}, (struct child){.forbidden = true});
    check(1, 1, " read kill:0 kill:1 wait:51 read all:1");
    set((struct child){.forbidden = true}, (struct child){.outlives = 0.02});
    check(1, 1, " read kill:0 kill:1 wait:51 read all:0");
}

static void only_the_first_look_spares_what_is_below(void)
{
    set((struct child){.forbidden = true}, (struct child){.reaped = true});
    check(0, 1, " read kill:0 read all:0");
    set((struct child){.outlives = 0.06}, (struct child){.reaped = true});
    check(1, 0, " read kill:0 wait:51 read all:0 wait:51 read");
    failing_reads = 1; /* then nothing was looked at */
    set((struct child){.outlives = 0.06}, (struct child){.reaped = true});
    check(1, 0, " read sleep:1000000 read kill:0 wait:51 read all:0 wait:51 read");
}

static void the_dead_are_reaped_while_others_live(void)
{
    set((struct child){.outlives = 5}, (struct child){.outlives = 0.01});
    check(
        2, 0,
        " read kill:0 kill:1 wait:51 read all:0 wait:51 wait:0 wait:9950 read all:0 wait:50 read");
    set((struct child){.outlives = 5},
        (struct child){.outlives = 14}); /* each death renews the patience */
    check(2, 0,
          " read kill:0 kill:1 wait:51 read all:0 all:1 wait:51 wait:0 wait:9899 read all:0 all:1"
          " wait:50 wait:50 read all:1 wait:50 wait:0 wait:9951 read all:1 wait:51 read");
}

static void children_that_outlive_their_kill_are_given_up(void)
{
    set((struct child){.outlives = 50}, (struct child){.reaped = true});
    check(0, 0,
          " read kill:0 wait:51 read all:0 wait:51 wait:0 wait:9899 read all:0 wait:51 wait:0");
    CHECK(now >= 10.5);
    set((struct child){.held = true},
        (struct child){.held = true}); /* by a debugger, which reaps them */
    check(0, 0,
          " read kill:0 kill:1 wait:51 wait:51 read all:0 all:1 wait:51 wait:51 wait:0 wait:0");
}

static void children_without_descriptors_are_looked_at_again(void)
{
    set((struct child){.outlives = 0.0025, .unwatched = true}, (struct child){.reaped = true});
    check(1, 0,
          " read kill:0 read all:0 wait:1 read all:0 wait:1 read all:0 wait:1 read all:0 read");
}

TEST_MAIN({"all", all_children_are_killed_and_reaped},
          {"below", only_the_first_look_spares_what_is_below},
          {"dead", the_dead_are_reaped_while_others_live},
          {"given-up", children_that_outlive_their_kill_are_given_up},
          {"unwatched", children_without_descriptors_are_looked_at_again})
