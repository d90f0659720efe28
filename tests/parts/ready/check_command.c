/*
 * Tests the probe that runs a command (cli/ready/probe_command.c): what its end means, and that nothing of a check is
 * left. Time passes only when the test says so; what is slept is real.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/process_state.h"
#include "cli/process/adopted.h"
#include "cli/process/limits.h"
#include "cli/process/mark.h"
#include "cli/process/spawn.h"
#include "cli/ready/ready.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>

static double now = 1000;

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_until(double deadline);
double __wrap_clock_until(double deadline)
{
    return deadline > now ? deadline - now : 0;
}

static char             *environment[2]; /* PATH */
static struct spawn_plan plan;

static struct ready *open_probe(const char *spec)
{
    struct ready *ready;

    if (plan.argv == NULL) {
        CHECK(asprintf(&environment[0], "PATH=%s", getenv("PATH")) > 0);
        plan = (struct spawn_plan){.argv = environment,
                                   .environment = environment,
                                   .directory = ".",
                                   .input_from = -1,
                                   .output = "output",
                                   .umask = 022,
                                   .limits = limits_started_with(),
                                   .mark_resource = mark_resource(),
                                   .mark = mark_of(7)};
    }
    CHECK_EQUAL(ready_open(spec, &ready), 0);
    ready_extend(ready, &plan);
    ready_begin(ready, &plan, 0);
    CHECK(ready_next(ready) == 0);
    return ready;
}

/* Waits until the command of a check has ended, and looks. */
static bool check_at_end(struct ready *ready)
{
    struct pollfd pollfd = ready_poll(ready);

    CHECK(pollfd.fd >= 0 && pollfd.events == POLLIN);
    CHECK_EQUAL(poll(&pollfd, 1, -1), 1);
    return ready_check(ready, &plan);
}

/* Looks again while processes of the check are killed. Returns what the last look has shown. */
static bool check_until_gone(struct ready *ready)
{
    bool   is_ready = false;
    double last = 0;

    while (!is_ready && !ready_has_tried(ready)) {
        double left = ready_next(ready) - now;

        CHECK_EQUAL(ready_poll(ready).fd, -1);
        CHECK(fabs(left - (last == 0 ? 0.002 : last > 0.5 ? 1 : 2 * last)) < 1e-6);
        last = left;
        now += left;
        test_pause();
        is_ready = ready_check(ready, &plan);
    }
    return is_ready;
}

static void the_status_of_the_command_decides(void)
{
    struct ready *ready = open_probe("cmd:test -e go && test \"$0\" = /bin/sh; exit $?");
    int           before = test_count_open();

    CHECK(!ready_check(ready, &plan)); /* it begins */
    CHECK(ready_next(ready) == now + 5);
    CHECK_EQUAL(fcntl(ready_poll(ready).fd, F_GETFD), FD_CLOEXEC);
    CHECK(!check_at_end(ready));
    CHECK(ready_has_tried(ready) && ready_poll(ready).fd < 0);
    CHECK(ready_next(ready) > now && ready_next(ready) < now + 0.03);
    CHECK_EQUAL(test_count_open(), before);
    close(open("go", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    CHECK(!ready_check(ready, &plan));
    CHECK(check_at_end(ready));
    CHECK_EQUAL(test_count_open(), before);
    ready_close(ready);
    CHECK(access("output", F_OK) < 0);
    ready = open_probe("cmd:true");
    plan.directory = "./none";
    CHECK(!ready_check(ready, &plan)); /* the command cannot be started */
    plan.directory = ".";
    CHECK(ready_has_tried(ready) && ready_poll(ready).fd < 0 && ready_next(ready) > now);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(!ready_check(ready, &plan));
    CHECK(check_at_end(ready));
    ready_close(ready);
    ready = open_probe("cmd:kill -9 $$");
    CHECK(!ready_check(ready, &plan));
    CHECK(!check_at_end(ready));
    CHECK(ready_has_tried(ready));
    ready_close(ready);
    CHECK(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}

static void a_check_may_take_five_seconds(void)
{
    struct ready *ready = open_probe("cmd:exec sleep 1000");
    int           before = test_count_open();

    CHECK(!ready_check(ready, &plan));
    now += 4.9;
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_poll(ready).fd >= 0);
    CHECK(waitpid(-1, NULL, WNOHANG) == 0);
    now += 0.1;
    CHECK(!ready_check(ready, &plan));
    CHECK(!check_until_gone(ready));
    CHECK(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(!ready_check(ready, &plan)); /* the next check */
    CHECK(ready_poll(ready).fd >= 0 && ready_next(ready) == now + 5);
    now += 5;
    CHECK(!ready_check(ready, &plan));
    CHECK(fabs(ready_next(ready) - now - 0.002) < 1e-6);
    ready_close(ready); /* which ends it */
    CHECK(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
    CHECK_EQUAL(test_count_open(), before);
}

static void what_a_check_leaves_is_ended_before_it_counts(void)
{
    struct ready *ready = open_probe("cmd:sleep 1000 & exit 0");
    pid_t         other = fork(); /* of no check */
    FILE         *file;
    int           pid;

    if (other == 0)
        for (;;)
            pause();
    CHECK(!ready_check(ready, &plan));
    CHECK(!check_at_end(ready)); /* something is left */
    CHECK(!ready_has_tried(ready));
    CHECK(check_until_gone(ready));
    ready_close(ready);
    CHECK_EQUAL(waitpid(other, NULL, WNOHANG), 0); /* it was left alone */
    ready = open_probe("cmd:setsid sh -c 'echo $$ >f; mv f pid; exec sleep 1000' & sleep 1000");
    CHECK(!ready_check(ready, &plan));
    WAIT_FOR(access("pid", F_OK) == 0);
    file = fopen("pid", "re");
    CHECK(file != NULL && fscanf(file, "%d", &pid) == 1);
    fclose(file);
    CHECK_EQUAL(mark_read(pid), mark_check_id(7));
    ready_close(ready);
    CHECK(process_state(pid) == 'Z' || process_state(pid) == 0);
    CHECK_EQUAL(kill(other, SIGKILL), 0);
    CHECK_EQUAL(waitpid(other, NULL, 0), other);
}

/* Runs CONTEXT, a case, as a worker does it: what its commands leave is adopted by the main thread. */
static void *work(void *context)
{
    (*(void (**)(void)) context)();
    return NULL;
}

static void run(void (*function)(void))
{
    pthread_t thread;

    mark_open();
    CHECK_EQUAL(adopted_open(), 0);
    (void) limits_open();
    CHECK_EQUAL(pthread_create(&thread, NULL, work, &function), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

static void status(void)
{
    run(the_status_of_the_command_decides);
}

static void time_limit(void)
{
    run(a_check_may_take_five_seconds);
}

static void left(void)
{
    run(what_a_check_leaves_is_ended_before_it_counts);
}

TEST_MAIN({"status", status}, {"time", time_limit}, {"left", left})
