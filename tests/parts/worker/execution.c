/* Tests one run of a command, from its start until it is reaped (cli/worker/execution.h). */
#include "tests/parts/worker/executed.h"

#include "cli/worker/seat.h"

static struct seat seat;

static void a_run_is_waited_for_and_reaped(void)
{
    prepare();
    status = 5;
    CHECK(run(STEPS({107, "c", NULL}), " start -1" END));
    CHECK(worker.report->exit_code == 5 && worker.report->signal == 0);
    CHECK(worker.report->run_end == 107 && worker.pid == 0 && worker.report->pid == 0);
    prepare();
    signal_number = 9;
    CHECK(run(STEPS({101, "x", NULL}, {107, "c", NULL}), " start -1 raised -1" END));
    CHECK(worker.report->exit_code == -1 && worker.report->signal == 9);
    prepare();
    starts = false;
    CHECK(!run(STEPS({0, NULL, NULL}), " start unprobe close"));
    prepare();
    assignment.seat = &seat;
    CHECK(run(STEPS({0, NULL, NULL}), " far"));
    starts = false;
    CHECK(!run(STEPS({0, NULL, NULL}), " far"));
}

/* A debugger, or the worker's end of patience, leaves the command unreaped. */
static void the_status_of_an_unreaped_command_is_read(void)
{
    prepare();
    is_reaped = false;
    stat_line = "33 (sh a) Z 1 2 3 1792";
    CHECK(run(STEPS({107, "c", NULL}), " start -1" END));
    CHECK(worker.report->exit_code == 7 && worker.report->signal == 0);
    prepare();
    is_reaped = false;
    stat_line = "33 (sh a) Z 1 2 3 15";
    CHECK(run(STEPS({107, "c", NULL}), " start -1" END));
    CHECK(worker.report->exit_code == -1 && worker.report->signal == 15);
    for (int i = 0; i < 3; i++) {
        prepare();
        is_reaped = false;
        stat_line = i == 0 ? "33 (sh a) Z 1 2 3 15" : i == 1 ? NULL : "33";
        is_dead = i != 0;
        is_impossible = i == 0;
        CHECK(run(STEPS({107, i == 0 ? "" : "c", NULL}), " start -1" END));
        CHECK(worker.report->exit_code == -1 && worker.report->signal == 0);
    }
}

static void end_now(void)
{
    is_impossible = true;
}

static void a_command_that_cannot_be_ended_is_left(void)
{
    prepare();
    is_reaped = is_dead = false;
    CHECK(run(STEPS({101, "", NULL}, {102, "", end_now}), " start -1 -1" END));
}

/* A library is loaded before the command runs. */

static void load(void)
{
    loading_result = LOADING_DONE;
}

static void the_end_of_the_loading_begins_the_command(void)
{
    prepare();
    worker.loading = loading;
    worker.ready = probe;
    worker.ready_deadline = 102; /* the probe is not tried before */
    probe_next = 100;
    CHECK(run(STEPS({101, "l", NULL}, {101, "l", load}, {101.5, "", NULL}, {101.7, "c", NULL}),
              " start -1 -1 loaded announce:1 0 probe 0.5" END));
    prepare();
    worker.loading = loading;
    CHECK(run(STEPS({101, "c", load}), " start -1 loaded announce:1" END));
    prepare();
    worker.loading = loading;
    CHECK(
        run(STEPS({101, "c", NULL}), " start -1 loaded announce:0" END)); /* it has ended before */
    prepare();
    worker.loading = loading;
    loading_result = -ENOENT;
    CHECK(!run(STEPS({101, "cl", NULL}), " start -1 loaded undo fail:2:127" END));
    CHECK_TEXT(worker.report->message, "no such function");
    prepare();
    worker.loading = loading;
    loading_result = -ENOEXEC;
    CHECK(
        !run(STEPS({101, "l", NULL}, {102, "c", NULL}), " start -1 loaded undo fail:8:126 -1" END));
    prepare();
    worker.loading = loading;
    starts = false;
    CHECK(!run(STEPS({0, NULL, NULL}), " start unprobe close"));
}

TEST_MAIN({"run", a_run_is_waited_for_and_reaped},
          {"status", the_status_of_an_unreaped_command_is_read},
          {"left", a_command_that_cannot_be_ended_is_left},
          {"loading", the_end_of_the_loading_begins_the_command})
