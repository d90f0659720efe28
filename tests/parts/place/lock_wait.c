/*
 * Tests the wait for the lock of a place (cli/place/lock.h): how long it lasts,
 * and what is said of the holder. Time passes only while the waiting process
 * sleeps. The holder is this process, whatever the file says.
 */
#include "tests/lib/test.h"
#include "tests/parts/said.h"

#include "cli/base/clock.h"
#include "cli/place/lock.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

static double   now = 1000;
static double   pauses[4];     /* the first of them */
static size_t   pause_count;   /* since the beginning of the wait */
static double   longest_pause; /* the longest of them */
static double   release_at;    /* when the holder closes its descriptor */
static int      held = -1;
static uint32_t left_over; /* the number that is all over the stack when the holder is looked for */
static int replacements;   /* how many times the lock is replaced by a new one when it was taken */

/* Leaves NUMBER all over the stack, where the next function finds it in what it does not initialise. */
static __attribute__((noinline)) void spoil_stack(uint32_t number)
{
    volatile uint32_t numbers[4096];

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        numbers[i] = number;
}

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    spoil_stack(left_over);
    return now;
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *rest)
{
    double seconds = (double) pause->tv_sec + (double) pause->tv_nsec / 1e9;

    CHECK(rest == NULL);
    if (pause_count < sizeof(pauses) / sizeof(pauses[0]))
        pauses[pause_count] = seconds;
    pause_count++;
    longest_pause = seconds > longest_pause ? seconds : longest_pause;
    now += seconds;
    if (now >= release_at && held >= 0) {
        close(held);
        held = -1;
    }
    return 0;
}

int __wrap_fcntl(int fd, int command, ...);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    void   *argument;
    int     result;

    va_start(arguments, command);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    result = __real_fcntl(fd, command, argument);
    if (command == F_OFD_SETLK && result == 0 && replacements > 0) {
        replacements--;
        CHECK(rename("lock", "old") == 0);
    }
    return result;
}

static struct place place = {.socket = (char *) "/a/x.sock", .lock = (char *) "lock"};

/* Holds PART of a new lock. */
static void hold(enum lock_part part)
{
    struct text why = {0};

    if (held >= 0)
        close(held);
    unlink("lock");
    held = lock_take(&place, part, &why);
    CHECK(held >= 0 && why.size == 0);
    pause_count = 0;
    longest_pause = 0;
}

/* Waits for PART, which is released after SECONDS. Checks the result, what is
 * said meanwhile, and the reason. */
static void wait_for(enum lock_part part, double seconds, int wanted, const char *said,
                     const char *reason)
{
    struct text why = {0};
    int         fd, before = test_count_open();

    release_at = now + seconds;
    said_begin();
    fd = lock_take(&place, part, &why);
    said_check(said);
    CHECK_EQUAL(fd >= 0 ? 0 : fd, wanted);
    check_written(&why, reason);
    if (fd >= 0)
        close(fd);
    CHECK_EQUAL(test_count_open(), held >= 0 ? before : before - 1);
}

/* Returns the words about process PID, with AFTER behind them. They live until
 * the next but one call. */
static const char *words(const char *before, pid_t pid, const char *what, const char *after)
{
    static char text[2][300];
    static int  turn;

    turn = !turn;
    (void) snprintf(text[turn], sizeof(text[turn]), "%sprocess %d, %s, holds lock%s", before, pid,
                    what, after);
    return text[turn];
}

/* Returns the id of a process that has ended. */
static pid_t make_dead(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
    return pid;
}

#define WAITING "k3thread: waiting: "
#define GUARDIAN                                                                                   \
    "the guardian of the last supervisor, which ends the processes that are "                      \
    "left"

static void a_wait_names_the_holder_after_half_a_second(void)
{
    pid_t own = getpid(), dead = make_dead();

    hold(LOCK_LIFE); /* who holds it is not known yet */
    wait_for(LOCK_LIFE, 0.4, 0, "", "");
    hold(LOCK_LIFE);
    left_over = 1; /* the number of a process that lives */
    wait_for(LOCK_LIFE, 1, 0, WAITING "somebody holds lock\n", "");
    hold(LOCK_LIFE);
    lock_sign(held, dead, own, "/a/x.sock");
    wait_for(LOCK_LIFE, 1, 0, words(WAITING, own, "the supervisor", "\n"), "");
    hold(LOCK_LIFE);
    lock_sign(held, own, dead, "/a/x.sock");
    wait_for(LOCK_LIFE, 1, 0, words(WAITING, own, GUARDIAN, "\n"), "");
    hold(LOCK_LIFE);
    lock_sign(held, dead, dead, "/a/x.sock");
    wait_for(LOCK_LIFE, 1, 0, WAITING "somebody holds lock\n", "");
    hold(LOCK_START);
    CHECK(signal(SIGXFSZ, SIG_DFL) == SIG_DFL); /* a command would inherit that it is ignored */
    wait_for(LOCK_START, 1, 0, words(WAITING, own, "another start", "\n"), "");
    hold(LOCK_START);
    CHECK_EQUAL(ftruncate(held, 0), 0); /* it is not written yet */
    left_over = 0x20312031;             /* "1 1 " */
    wait_for(LOCK_START, 1, 0, WAITING "somebody holds lock\n", "");
}

static void a_wait_ends_after_twenty_seconds(void)
{
    double began = now;

    hold(LOCK_LIFE);
    lock_sign(held, getpid(), getpid(), "/a/x.sock");
    wait_for(LOCK_LIFE, 1000, -EAGAIN, words(WAITING, getpid(), "the supervisor", "\n"),
             words("", getpid(), "the supervisor", ""));
    CHECK(now - began >= 20 && now - began < 20.1);
    CHECK(fabs(pauses[0] - 0.0002) < 1e-6);
    CHECK(fabs(pauses[1] - (0.0002 + pauses[0] / 8)) < 1e-6);
    CHECK(fabs(pauses[2] - (0.0002 + (pauses[0] + pauses[1]) / 8)) < 1e-6);
    CHECK(fabs(longest_pause - 0.02) < 1e-6);
}

static void a_stopped_holder_is_not_waited_for(void)
{
    char  after[100];
    int   status;
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    CHECK_EQUAL(kill(pid, SIGSTOP), 0);
    CHECK_EQUAL(waitpid(pid, &status, WUNTRACED), pid);
    hold(LOCK_LIFE);
    lock_sign(held, 0, pid, "/a/x.sock");
    (void) snprintf(after, sizeof(after), " and is stopped; \"kill -CONT %d\" lets it go on", pid);
    wait_for(LOCK_LIFE, 0.4, 0, "", ""); /* it ends before that is looked at */
    hold(LOCK_LIFE);
    lock_sign(held, 0, pid, "/a/x.sock");
    wait_for(LOCK_LIFE, 1000, -EBUSY, "", words("", pid, "the supervisor", after));
    CHECK_EQUAL(kill(pid, SIGKILL), 0);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
}

static void a_lock_that_cannot_be_opened_has_a_reason(void)
{
    struct text why = {0};

    place.lock = (char *) "none/lock";
    CHECK_EQUAL(lock_take(&place, LOCK_LIFE, &why), -ENOENT);
    check_written(&why, "cannot lock none/lock: No such file or directory");
}

static void a_lock_that_was_replaced_meanwhile_is_taken_anew(void)
{
    struct text why = {0};
    int         before = test_count_open(), fd;

    replacements = 2;
    fd = lock_take(&place, LOCK_LIFE, &why);
    CHECK(fd >= 0 && lock_is_at(fd, "lock"));
    CHECK_EQUAL(replacements, 0);
    CHECK_EQUAL(test_count_open(), before + 1);
    CHECK_EQUAL(lock_share("lock"), -EAGAIN);
    close(fd);
}

TEST_MAIN({"holders", a_wait_names_the_holder_after_half_a_second},
          {"end", a_wait_ends_after_twenty_seconds},
          {"stopped", a_stopped_holder_is_not_waited_for},
          {"replaced", a_lock_that_was_replaced_meanwhile_is_taken_anew},
          {"reason", a_lock_that_cannot_be_opened_has_a_reason})
