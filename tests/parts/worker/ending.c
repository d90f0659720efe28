/* Tests how a worker asks and kills the processes of a run (cli/worker/ending.h). */
#include "tests/parts/worker/processes.h"

/* The tree of most cases: the command has four processes below it, and a root of leftovers has one. */
static void make_tree(void)
{
    now = 1000;
    add(&(struct process){.pid = COMMAND, .parent = 99, .group = 100});
    add(&(struct process){.pid = 101, .parent = 100, .group = 100});
    add(&(struct process){.pid = 102, .parent = 101, .group = 102});
    add(&(struct process){.pid = 103, .parent = 101, .group = 100, .ignored = SIGINT});
    add(&(struct process){.pid = 104, .parent = 101, .group = 104, .unmarked = true});
    add(&(struct process){.pid = 200, .parent = 1, .group = 100});
    add(&(struct process){.pid = 201, .parent = 200, .group = 201, .ignored = SIGTERM});
}

/* Asking */

static void change_group(void)
{
    find(101)->group = 101; /* it got the signal before */
    add(&(struct process){.pid = 105, .parent = 103, .group = 100, .got = "born"});
}

static void the_group_is_asked_and_later_the_others(void)
{
    make_tree();
    add(&(struct process){.pid = 106, .parent = 201, .group = 106, .closed = true});
    at_group = change_group;
    ending_ask(&worker, SIGTERM, 0);
    CHECK(posts == 1 && assignment.draft.state == STATE_STOPPING);
    CHECK(worker.deadline == 1008 && worker.end.half == 1004 && worker.end.signal == SIGTERM);
    CHECK_TEXT(got(COMMAND), "15 18");
    CHECK_TEXT(got(101), "15"); /* it has left the group then */
    CHECK_TEXT(got(102), "");
    CHECK_TEXT(got(103), "15 18");
    CHECK_TEXT(got(200), "15 18");
    CHECK_TEXT(got(201), "");
    CHECK(ending_next(&worker) == 1004);
    now = 1003.9;
    ending_step(&worker);
    CHECK_TEXT(got(102), "");
    now = 1004;
    ending_step(&worker);
    CHECK_TEXT(got(COMMAND), "15 18"); /* once each */
    CHECK_TEXT(got(101), "15");
    CHECK_TEXT(got(102), "15 18");
    CHECK_TEXT(got(103), "15 18");
    CHECK_TEXT(got(104), ""); /* it carries no mark, so it may be another's */
    CHECK_TEXT(got(105), "born 18");
    CHECK_TEXT(got(106), "");
    CHECK_TEXT(got(200), "15 18");
    CHECK_TEXT(got(201), "15 18"); /* SIGTERM counts as never ignored */
    CHECK(ending_next(&worker) == 1008 && posts == 1);
    check_balance();
}

static void who_ignores_the_signal_gets_sigterm(void)
{
    make_tree();
    find(102)->ignored = SIGINT;
    find(201)->ignored = SIGHUP;
    find(200)->group = 200;
    find(200)->ignored = SIGINT;
    add(&(struct process){.pid = 108, .parent = 101, .group = 100, .unread = true});
    ending_ask(&worker, SIGINT, 0);
    CHECK_TEXT(got(COMMAND), "2 18");
    CHECK_TEXT(got(101), "2 18");
    CHECK_TEXT(got(103), "2 18");
    CHECK_TEXT(got(200), "");
    now = 1004;
    ending_step(&worker);
    CHECK_TEXT(got(COMMAND), "2 18");
    CHECK_TEXT(got(101), "2 18");
    CHECK_TEXT(got(102), "15 18");
    CHECK_TEXT(got(103), "2 18 15 18");
    CHECK_TEXT(got(108), "2 18"); /* nobody knows whether it ignores the signal */
    CHECK_TEXT(got(200), "15 18");
    CHECK_TEXT(got(201), "2 18");
    check_balance();
}

static void a_process_with_the_exception_is_spared(void)
{
    make_tree();
    ending_ask(&worker, SIGTERM, 101);
    CHECK_TEXT(got(COMMAND), "15 18");
    CHECK_TEXT(got(101), "");
    CHECK_TEXT(got(102), "15 18");
    CHECK_TEXT(got(103), "15 18");
    CHECK_TEXT(got(104), "");
    CHECK_TEXT(got(200), "15 18");
    CHECK_TEXT(got(201), "15 18");
    CHECK(looks == 2); /* the second one finds those that were born during the first */
    CHECK(worker.end.half == 1004);
    now = 1002;
    ending_ask(&worker, SIGHUP, 0); /* it asks anew, but the grace goes on */
    CHECK_TEXT(got(COMMAND), "15 18 1 18");
    CHECK_TEXT(got(101), "1 18");
    CHECK(worker.deadline == 1008 && worker.end.half == 1004 && posts == 1);
    CHECK_EQUAL(worker.end.signal, SIGHUP);
    failing_looks = 1;
    now = 1005;
    ending_step(&worker);
    CHECK_TEXT(got(102), "15 18 1 18");
    CHECK_TEXT(got(200), "15 18 1 18");
    CHECK_TEXT(got(201), "15 18"); /* the look has failed */
    ending_kill(&worker);
    ending_ask(&worker, SIGTERM, 0);
    CHECK_TEXT(got(COMMAND), "15 18 1 18 K");
    check_balance();
}

/* Killing */

static void kills_are_repeated_ever_more_seldom(void)
{
    static const double pauses[] = {0.002, 0.004, 0.008, 0.016, 0.032, 0.064,
                                    0.128, 0.256, 0.512, 1,     1,     1};

    make_tree();
    add(&(struct process){.pid = 202, .parent = 1, .group = 202});
    ending_begin(&worker);
    now = 1007.9;
    worker.end.half = INFINITY;
    ending_step(&worker);
    CHECK(!worker.end.killing);
    worker.end.signal = SIGTERM;
    ending_ask_process(&worker, 202);
    trees = 0;
    now = 1008;
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        char wanted[64] = "K", asked[80];

        ending_step(&worker);
        CHECK_EQUAL(trees, i + 1);
        CHECK(worker.end.killing && worker.end.give_up == 1018);
        CHECK(fabs(ending_next(&worker) - now - pauses[i]) < 1e-6);
        for (size_t j = 0; j < i; j++)
            strcat(wanted, " K");
        (void) snprintf(asked, sizeof(asked), "15 18 %s", wanted);
        CHECK_TEXT(got(COMMAND), wanted);
        CHECK_TEXT(got(200), wanted);
        CHECK_TEXT(got(202), asked);
        CHECK_TEXT(got(201), ""); /* children_kill() kills what is below a root */
        ending_kill_process(&worker, 202);
        ending_step(&worker);
        CHECK_TEXT(got(202), asked);
        now = ending_next(&worker);
    }
    check_balance();
}

static void a_process_that_cannot_be_ended_is_named(void)
{
    make_tree();
    add(&(struct process){.pid = FORBIDDEN, .parent = 1, .group = 900});
    CHECK(!ending_is_impossible(&worker, FORBIDDEN)); /* it may end when it is asked */
    ending_kill(&worker);
    CHECK(!ending_is_impossible(&worker, COMMAND));
    CHECK(!worker.ending && worker.report->unended == 0);
    CHECK(ending_is_impossible(&worker, FORBIDDEN));
    CHECK(worker.ending);
    CHECK_EQUAL(worker.report->unended, FORBIDDEN);
    CHECK_TEXT(worker.report->message, "process 900 could not be ended: Operation not permitted");
    now += 9.99;
    CHECK(!ending_is_impossible(&worker, 200));
    now = 1010;
    CHECK(ending_is_impossible(&worker, 200));
    CHECK_EQUAL(worker.report->unended, FORBIDDEN); /* the first one stays */
    worker.report->unended = 0;
    CHECK(ending_is_impossible(&worker, 200));
    CHECK_EQUAL(worker.report->unended, 200);
    CHECK_TEXT(worker.report->message, "process 900 could not be ended: Operation not permitted");
    report_set_message_string(worker.report, NULL);
    worker.report->unended = 0;
    CHECK(ending_is_impossible(&worker, 201));
    CHECK_TEXT(worker.report->message,
               "process 201 could not be ended: it is still there after SIGKILL");
    report_release(worker.report);
    check_balance();
}

TEST_MAIN({"group", the_group_is_asked_and_later_the_others},
          {"ignored", who_ignores_the_signal_gets_sigterm},
          {"spared", a_process_with_the_exception_is_spared},
          {"kills", kills_are_repeated_ever_more_seldom},
          {"impossible", a_process_that_cannot_be_ended_is_named})
