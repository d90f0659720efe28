/* Tests the wait of a worker while its command runs (cli/worker/waiting.h): limits of time, output and readiness. */
#include "tests/parts/worker/executed.h"

static struct log_limit limit;

static void the_time_limit_ends_a_run(void)
{
    prepare();
    worker.deadline = 104;
    CHECK(run(STEPS({103.5, "", NULL}, {104, "", NULL}, {104.5, "", NULL}, {105, "c", NULL}),
              " start 4 0.5 stop 0 step 0" END));
}

static void an_attached_process_gets_the_time_limit_first(void)
{
    prepare();
    worker.deadline = 104;
    atomic_store(&assignment.attached, 33);
    CHECK(run(STEPS({104, "", NULL}, {107, "", NULL}, {107.5, "c", NULL}),
              " start 4 running 3 stop 0" END));
    CHECK(worker.report->overdue == 1 && worker.told_overdue);
    prepare();
    worker.deadline = 104;
    worker.told_overdue = true; /* in this run already */
    atomic_store(&assignment.attached, 33);
    CHECK(run(STEPS({104, "", NULL}, {107.5, "c", NULL}), " start 4 stop 0" END));
    prepare();
    worker.end.killing = true; /* an end goes on */
    ending_at = 104;
    atomic_store(&assignment.attached, 33);
    CHECK(run(STEPS({104, "", NULL}, {107.5, "c", NULL}), " start 4 step -1" END));
}

static void a_command_that_is_not_ready_in_time_is_ended(void)
{
    prepare();
    worker.ready = probe;
    worker.ready_deadline = 102;
    CHECK(run(STEPS({101, "", NULL}, {102, "", NULL}, {103, "c", NULL}),
              " start 2 1 stop:late -1" END));
    CHECK(worker.report->ready_overdue);
    prepare();
    worker.ready = probe;
    worker.ready_deadline = 102;
    atomic_store(&assignment.attached, 33);
    CHECK(run(STEPS({102, "", NULL}, {105, "", NULL}, {106, "c", NULL}),
              " start 2 running 3 stop 0" END));
    prepare();
    worker.ready = probe;
    worker.ready_deadline = 102;
    stops = true; /* the command has said that it ends */
    CHECK(run(STEPS({101, "p", NULL}, {102, "", NULL}, {103, "c", NULL}),
              " start 2 probe ending 1 -1" END));
    CHECK(!worker.report->ready_overdue);
}

/* The terminal, the log and the end of the command may all have events at once. */
static void output_and_log_are_served(void)
{
    prepare();
    assignment.terminal = &terminal;
    worker.log_limit = &limit;
    limit.next = 105;
    CHECK(run(STEPS({101, "t", NULL}, {102, "o", NULL}, {103, "", NULL}, {104, "ct", NULL}),
              " start 5 copy 4 log -1 -1 copy" END));
    prepare();
    worker.log_limit = &limit;
    limit.next = 105;
    CHECK(run(STEPS({105, "", NULL}, {106, "c", NULL}), " start 5 log -1" END));
}

static void show(void)
{
    is_shown = true;
}

static void the_probe_makes_the_thread_ready(void)
{
    prepare();
    worker.ready = probe;
    worker.ready_deadline = 110;
    probe_next = 101;
    CHECK(run(STEPS({101, "", NULL}, {102, "p", show}, {103, "c", NULL}),
              " start 1 probe 9 probe unprobe ready -1" END));
    CHECK(worker.report->ready && worker.report->shown == 1);
    prepare();
    worker.ready = probe;
    lasts = is_shown = true;
    words = "busy";
    worker.ready_deadline = 110; /* it is over then, as the thread is ready */
    CHECK(run(
        STEPS({101, "p", NULL}, {111, "p", NULL}, {112, "c", NULL}),
        " start 10 probe running ready -1 probe -1" END)); /* it may show more, but is ready once */
    CHECK(worker.report->shown == 1);
    CHECK_TEXT(worker.report->status, "busy");
    prepare();
    worker.ready = probe;
    is_shown = stops = true;
    CHECK(run(STEPS({101, "p", NULL}, {102, "c", NULL}), " start -1 probe ending unprobe -1" END));
    CHECK(worker.report->ready && worker.report->state == STATE_STOPPING);
}

static void a_waiting_worker_releases_its_stack_once(void)
{
    prepare();
    worker.rested = false;
    worker.deadline = 101.5;
    CHECK(run(STEPS({100.25, "x", NULL}, {100.75, "", NULL}, {100.8, "c", NULL}),
              " start 1 raised 1 release 0.75" END));
    CHECK(worker.rested);
    prepare();
    worker.rested = false;
    CHECK(run(STEPS({101, "", NULL}, {102, "", NULL}, {103, "c", NULL}),
              " start 1 release -1 -1" END));
    prepare();
    worker.rested = false;
    worker.deadline = 100;
    CHECK(run(STEPS({100, "", NULL}, {103, "c", NULL}), " start 0 release stop 0" END));
    prepare();
    worker.rested = false;
    assignment.terminal = &terminal;
    CHECK(run(STEPS({100.5, "t", NULL}, {103, "c", NULL}), " start 1 copy 1" END));
    CHECK(!worker.rested);
}

TEST_MAIN({"limit", the_time_limit_ends_a_run},
          {"attached", an_attached_process_gets_the_time_limit_first},
          {"late", a_command_that_is_not_ready_in_time_is_ended},
          {"served", output_and_log_are_served}, {"ready", the_probe_makes_the_thread_ready},
          {"rest", a_waiting_worker_releases_its_stack_once})
