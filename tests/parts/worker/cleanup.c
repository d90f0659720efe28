/* Tests how a worker ends the leftovers of a command (cli/worker/cleanup.h). */
#include "tests/parts/worker/processes.h"

static void run_cleanup(const char *wanted_waits)
{
    int before = test_count_open();

    waits[0] = '\0';
    cleanup_run(&worker);
    CHECK_EQUAL(test_count_open(), before);
    if (strcmp(waits, wanted_waits) != 0)
        fprintf(stderr, "waits: %s\n", waits);
    CHECK_TEXT(waits, wanted_waits);
    CHECK(finds == releases && worker.end.signal == 0 && !worker.end.killing);
    CHECK(worker.end.signalled == NULL && isinf(worker.end.half));
    check_balance();
}

static void leftovers_get_the_grace(void)
{
    now = 1000;
    run_cleanup("");
    CHECK(reports == 0 && posts == 0 && looks == 0);
    add(&(struct process){.pid = 200, .parent = 1});
    report_result = false; /* they have ended meanwhile */
    run_cleanup("");
    CHECK(reports == 1 && posts == 0 && looks == 0);
    report_result = true;
    find(200)->foreign = true;
    run_cleanup("");
    CHECK(reports == 2 && posts == 0 && looks == 1);
    find(200)->foreign = false;
    find(200)->lives = 3;
    add(&(struct process){.pid = 201, .parent = 1, .lives = 5});
    run_cleanup("4000 1000 4000"); /* 201 is waited for until half of the grace, and then further */
    CHECK(reports == 3 && posts == 1 && are_gone() && now == 1005);
    CHECK_TEXT(processes[0].got, "15 18");
    CHECK_TEXT(processes[1].got, "15 18");
}

static void stubborn_leftovers_are_killed(void)
{
    now = 1000;
    add(&(struct process){.pid = 200, .parent = 1, .outlives = 0.001});
    add(&(struct process){.pid = 201, .parent = 1, .outlives = 0.005});
    add(&(struct process){.pid = 202, .parent = 200, .lives = 1});
    run_cleanup("4000 4000 2 1 4");
    CHECK_TEXT(processes[0].got, "15 18 K");
    CHECK_TEXT(processes[1].got, "15 18 K K");
    CHECK_TEXT(processes[2].got, "15 18"); /* after half of the grace */
    CHECK(fabs(now - 1008.005) < 1e-6);
    CHECK(worker.report->unended == 0 && !worker.ending);
}

static void an_end_that_has_begun_goes_on_with_leftovers(void)
{
    now = 1000;
    add(&(struct process){.pid = 200, .parent = 1, .lives = 0.5});
    ending_ask(&worker, SIGTERM, 0);
    now = 1005;
    worker.end.half = INFINITY;
    run_cleanup("3000");
    CHECK(reports == 0 && posts == 1 && now == 1005.5);
    processes[0] = (struct process){.pid = 200, .parent = 1, .outlives = 0.5};
    ending_kill(&worker);
    run_cleanup("2 4 8 16 32 64 128 256");
    CHECK_TEXT(processes[0].got, "K K K K K K K K");
    CHECK(reports == 0 && posts == 1 && fabs(now - 1006) < 1e-6);
}

static void what_cannot_be_ended_is_not_waited_for(void)
{
    now = 1000;
    add(&(struct process){.pid = 200, .parent = 1});
    add(&(struct process){.pid = FORBIDDEN, .parent = 1});
    add(&(struct process){.pid = 201, .parent = 1, .outlives = 0.003});
    add(&(struct process){.pid = 202, .parent = 1, .outlives = 0.003, .unwatched = true});
    ending_kill(&worker);
    worker.end.pause = 1;
    worker.end.next = now + 20;
    processes[0].end = 1012;
    run_cleanup("50 50 19947");
    CHECK_EQUAL(worker.report->unended, FORBIDDEN);
    CHECK(worker.ending && find(FORBIDDEN) != NULL);
    report_release(worker.report);
}

static void processes_without_descriptors_are_looked_at_often(void)
{
    now = 1000;
    add(&(struct process){.pid = 200, .parent = 1, .lives = 0.12, .unwatched = true});
    failing_looks = 2;
    run_cleanup("50 50 50 50 50");
    CHECK(are_gone() && fabs(now - 1000.25) < 1e-6);
    CHECK_TEXT(processes[0].got, "15 18");
    processes[0] = (struct process){.pid = 200, .parent = 1, .outlives = 0.01, .unwatched = true};
    ending_kill(&worker);
    worker.end.next = INFINITY;
    run_cleanup("50");
    processes[0] = (struct process){.pid = 200, .parent = 1, .outlives = 0.045, .unwatched = true};
    ending_kill(&worker);
    worker.end.next = now; /* the next kill is not put off */
    run_cleanup("0 4 8 16 32");
}

static void heirs_of_the_killed_are_killed_at_once(void)
{
    now = 1000;
    add(&(struct process){.pid = 200, .parent = 1, .outlives = 0.001});
    add(&(struct process){.pid = 201, .parent = 200, .outlives = 0.0005});
    ending_kill(&worker);
    run_cleanup("2 1");
    CHECK_TEXT(processes[1].got, "K");
    CHECK(are_gone() && fabs(now - 1000.0015) < 1e-6);
}

static void an_exception_comes_during_the_grace(void)
{
    now = 1000;
    add(&(struct process){.pid = 200, .parent = 1, .outlives = 0.001});
    raise_at = 1001;
    run_cleanup("4000 2");
    CHECK(raises == 1 && fabs(now - 1001.001) < 1e-6);
    CHECK_TEXT(processes[0].got, "15 18 K");
}

static void the_terminal_of_leftovers_is_read(void)
{
    int ends[2];

    CHECK_EQUAL(pipe(ends), 0);
    now = 1000;
    assignment.terminal = &terminal;
    terminal.master = ends[0];
    add(&(struct process){.pid = 200, .parent = 1, .lives = 2});
    output_at = 1001;
    run_cleanup("4000 3000");
    CHECK(copies == 1 && are_gone() && now == 1002);
    processes[0] = (struct process){.pid = 200, .parent = 1, .lives = 0.06, .unwatched = true};
    failing_looks = 1;
    run_cleanup("50 50 50");
    processes[0] = (struct process){.pid = 200, .parent = 1, .outlives = 1};
    add(&(struct process){.pid = 201, .parent = 1, .outlives = 3});
    ending_kill(&worker);
    worker.end.next = now + 20;
    run_cleanup("20000 19000"); /* both have ended then */
    CHECK_EQUAL(copies, 1);
}

TEST_MAIN({"grace", leftovers_get_the_grace}, {"stubborn", stubborn_leftovers_are_killed},
          {"begun", an_end_that_has_begun_goes_on_with_leftovers},
          {"given-up", what_cannot_be_ended_is_not_waited_for},
          {"unwatched", processes_without_descriptors_are_looked_at_often},
          {"heirs", heirs_of_the_killed_are_killed_at_once},
          {"raised", an_exception_comes_during_the_grace},
          {"terminal", the_terminal_of_leftovers_is_read})
