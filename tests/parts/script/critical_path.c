/* Tests the critical path of a run (cli/script/critical_path.h). */
#include "tests/parts/script/course_made.h"

/* Checks the path of the run: "THREAD KIND BEGAN-ENDED" of each part, with the thread 0 for the script. */
static void check_path(struct run *run, const char *wanted)
{
    static const char *const kinds[] = {"script", "delay", "queue", "run", "stop"};
    static const char *const causes[] = {"", " needs", " slot", " join", " ready", " end"};
    struct critical_path     path = {0};
    struct text              text = {0};

    critical_path_find(&path, &run->result);
    CHECK(!path.failed);
    for (size_t i = 0; i < path.count; i++) {
        const struct path_part *part = &path.parts[i];

        text_printf(&text, "%s%d %s %g-%g%s", i > 0 ? ", " : "", (int) part->id, kinds[part->kind],
                    part->began, part->ended, causes[part->cause]);
        CHECK((part->cause == CAUSE_NEED) == (part->need != NULL));
        if (part->need != NULL)
            text_printf(&text, " %d", (int) json_integer_value(json_object_get(part->need, "id")));
    }
    critical_path_release(&path);
    CHECK(path.parts == NULL && path.count == 0);
    check_written(&text, wanted);
}

static void needs_lead_back(void)
{
    static const char needs[] = ",'needs':[{'id':2,'condition':'succeeded'},"
                                "{'id':1,'condition':'ended'},{'id':3,'condition':'ended'},"
                                "{'id':99,'condition':'ended'},{'id':1},{'id':2}]";
    struct run       *run = open_run();

    runs(run, 1, 0, 0, 10, "");
    runs(run, 2, 0, 0, 20, "");
    runs(run, 3, 0, 0, 15, "");
    waits(run, 4, 0.005, 0.005, "waiting", needs);
    runs(run, 4, 0.005, 20.005, 30, needs);
    check_path(run, "2 run 0-20, 4 run 20.005-30 needs 2");
    close_run(run);

    /* The need that is met last stands first or in the middle, and an end just after the start still meets it. */
    run = open_run();
    runs(run, 1, 0, 0, 10.009, "");
    runs(run, 2, 0, 0, 5, "");
    waits(run, 3, 0, 0, "waiting",
          ",'needs':[{'id':1,'condition':'ended'},{'id':2,'condition':'ended'}]");
    runs(run, 3, 0, 10, 30, ",'needs':[{'id':1,'condition':'ended'},{'id':2,'condition':'ended'}]");
    check_path(run, "1 run 0-10, 3 run 10-30 needs 1");
    close_run(run);

    /* A need that was met before the thread began to wait is no reason. */
    run = open_run();
    runs(run, 1, 0, 0, 10, "");
    waits(run, 2, 0.01, 12, "waiting", ",'needs':[{'id':1,'condition':'ended'}]");
    runs(run, 2, 0.01, 20, 30, ",'needs':[{'id':1,'condition':'ended'}]");
    check_path(run, "1 run 0-10, 2 run 20-30 needs 1");
    run->course.threads[2].phases[0].began = 10;
    check_path(run, "2 queue 10-20, 2 run 20-30");
    close_run(run);

    /* The first run of a thread that is restarted later; and a run of no length. */
    run = open_run();
    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'created':0,'started':0}");
    happens(run, 5, "restarted", "{'id':1,'state':'delayed','runs':1,'created':0,'started':0}");
    happens(run, 6, "started", "{'id':1,'state':'running','runs':2,'created':0,'started':6}");
    course_end(&run->course, BEGAN + 5.5);
    run->course.threads[1].phases[2].ended = 25;
    waits(run, 2, 0, 0, "waiting", ",'needs':[{'id':1,'condition':'ended'}]");
    runs(run, 2, 0, 5, 5, ",'needs':[{'id':1,'condition':'ended'}]");
    waits(run, 3, 0, 0, "waiting", ",'needs':[{'id':2,'condition':'ended'}]");
    runs(run, 3, 0, 5, 30, ",'needs':[{'id':2,'condition':'ended'}]");
    check_path(run, "1 run 0-5, 2 run 5-5 needs 1, 3 run 5-30 needs 2");
    close_run(run);
}

static void ready_threads_lead_back(void)
{
    static const char needs[] = ",'needs':[{'id':1,'condition':'ready'}]";
    struct run       *run = open_run();

    /* With a probe: the first phase in which it was ready, though it is restarted later. */
    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'created':0,'started':0}");
    happens(run, 5, "ready", "{'id':1,'state':'ready','runs':1,'created':0,'started':0}");
    happens(run, 7, "restarted", "{'id':1,'state':'delayed','runs':1,'created':0,'started':0}");
    happens(run, 8, "started", "{'id':1,'state':'running','runs':2,'created':0,'started':8}");
    happens(run, 9.5, "ready", "{'id':1,'state':'ready','runs':2,'created':0,'started':8}");
    course_end(&run->course, BEGAN + 25);
    waits(run, 2, 0, 0, "waiting", needs);
    runs(run, 2, 0, 9.5, 30, needs);
    check_path(run, "1 run 0-5, 2 run 9.5-30 needs 1");
    /* It began to wait after the first of these phases. */
    run->course.threads[2].phases[0].began = 7;
    check_path(run, "1 run 0-7, 1 delay 7-8, 1 run 8-9.5, 2 run 9.5-30 needs 1");
    close_run(run);

    /* The news that it is ready may come a little late. */
    run = open_run();
    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'created':0,'started':0}");
    happens(run, 5.005, "ready", "{'id':1,'state':'ready','runs':1,'created':0,'started':0}");
    course_end(&run->course, BEGAN + 25);
    waits(run, 2, 0, 0, "waiting", needs);
    runs(run, 2, 0, 5, 30, needs);
    check_path(run, "1 run 0-5, 2 run 5-30 needs 1");
    close_run(run);
    run = open_run();
    runs(run, 1, 0, 6, 25, "");
    waits(run, 2, 0, 0, "waiting", needs);
    runs(run, 2, 0, 6, 30, needs);
    check_path(run, "2 run 6-30"); /* it was ready at once */
    close_run(run);

    /* Without a probe it is ready while it runs. A probe that holds only later does not count. */
    run = open_run();
    waits(run, 1, 0, 0, "delayed", "");
    happens(run, 6, "started", "{'id':1,'state':'running','runs':1,'created':0,'started':6}");
    happens(run, 7, "ready", "{'id':1,'state':'ready','runs':1,'created':0,'started':6}");
    course_end(&run->course, BEGAN + 25);
    waits(run, 2, 0, 0, "waiting", needs);
    runs(run, 2, 0, 6, 30, needs);
    check_path(run, "1 delay 0-6, 2 run 6-30 needs 1");
    close_run(run);
}

static void slots_lead_back(void)
{
    struct run *run = open_run();

    runs(run, 1, 0, 0, 10, "");
    runs(run, 2, 0, 0, 10.0005, ",'daemon':true"); /* a daemon takes no slot */
    runs(run, 3, 0, 0, 4, "");
    waits(run, 4, 0, 0, "queued", "");
    runs(run, 4, 0, 10, 30, "");
    check_path(run, "1 run 0-10, 4 run 10-30 slot");
    close_run(run);

    /* The end may be known a little later than the start; an end before the wait is no reason. */
    run = open_run();
    runs(run, 1, 0, 0, 10.0005, "");
    waits(run, 2, 0, 0, "queued", "");
    runs(run, 2, 0, 10, 30, "");
    check_path(run, "1 run 0-10.0005, 2 run 10-30 slot");
    close_run(run);
    run = open_run();
    runs(run, 1, 0, 0, 10, "");
    waits(run, 2, 10, 10, "queued", "");
    runs(run, 2, 10, 20, 30, "");
    check_path(run, "1 run 0-10, 2 queue 10-20 join, 2 run 20-30");
    close_run(run);
    run = open_run();
    runs(run, 1, 0, 0, 20.5, "");
    waits(run, 2, 0, 10, "queued", "");
    runs(run, 2, 0, 20, 30, "");
    check_path(run, "2 queue 0-20, 2 run 20-30");
    close_run(run);
}

static void joins_lead_back(void)
{
    struct run *run = open_run();

    /* The script joined 2, and then started 3 and 4 without a pause. */
    runs(run, 1, 0, 0, 9, "");
    runs(run, 2, 0, 0, 10, "");
    runs(run, 3, 10.01, 10.01, 12, "");
    runs(run, 4, 10.02, 10.02, 30, "");
    check_path(run, "2 run 0-10, 4 run 10.02-30 join");
    close_run(run);

    /* It has waited for no end from before the start of the thread before. */
    run = open_run();
    runs(run, 1, 0, 0, 10, "");
    runs(run, 2, 10, 10, 40, "");
    runs(run, 3, 20, 20, 50, "");
    check_path(run, "0 script 0-20, 3 run 20-50");
    close_run(run);

    /* Many starts without a pause; the path leads over no thread twice. */
    run = open_run();
    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'created':0,'started':0}");
    happens(run, 10, "restarted", "{'id':1,'state':'queued','runs':1,'created':0,'started':0}");
    happens(run, 30, "started", "{'id':1,'state':'running','runs':2,'created':0,'started':30}");
    course_end(&run->course, BEGAN + 40);
    runs(run, 2, 0, 0, 10, "");
    runs(run, 3, 10.01, 10.01, 12, "");
    runs(run, 4, 10.025, 10.025, 12, "");
    runs(run, 5, 10.04, 10.04, 30, "");
    check_path(run, "2 run 0-10, 5 run 10.04-30 join, 1 run 30-40 slot");
    close_run(run);

    /* It waited for something else for a while, and the script is a part of the path. */
    run = open_run();
    runs(run, 1, 0, 0, 10, "");
    runs(run, 2, 15, 15, 30, "");
    check_path(run, "1 run 0-10, 0 script 10-15 join, 2 run 15-30");
    close_run(run);

    /* It waited until a thread was ready, or for nothing that is known. */
    run = open_run();
    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'created':0,'started':0}");
    happens(run, 5, "ready", "{'id':1,'state':'ready','runs':1,'created':0,'started':0}");
    course_end(&run->course, BEGAN + 25);
    runs(run, 2, 5.01, 5.01, 30, "");
    check_path(run, "1 run 0-5, 2 run 5.01-30 ready");
    run->result.is_each = true; /* a word of --each waits for no thread */
    check_path(run, "0 script 0-5.01, 2 run 5.01-30");
    close_run(run);
    run = open_run();
    runs(run, 1, 0, 0, 10, "");
    runs(run, 2, 5, 5, 30, "");
    check_path(run, "0 script 0-5, 2 run 5-30");
    close_run(run);
    run = open_run();
    runs(run, 1, -1, 0, 10, "");
    runs(run, 2, 0.5, 0.5, 30, "");
    check_path(run, "0 script 0-0.5, 2 run 0.5-30");
    close_run(run);
    /* A thread whose beginning is not known, and one before it that is not known any more. */
    run = open_run();
    runs(run, 1, 0, 0, 10, "");
    happens(run, 15, "started", "{'id':2,'state':'running','runs':1,'started':15}");
    happens(run, 30, "ended", "{'id':2,'state':'done','runs':1,'started':15,'ended':30}");
    check_path(run, "2 run 15-30");
    runs(run, 4, 15, 15, 31, "");
    check_path(run, "0 script 0-15, 4 run 15-31");
    close_run(run);
    /* Before the first thread the script waited for nothing. */
    run = open_run();
    happens(run, 5, "started", "{'id':1,'state':'running','runs':1,'created':5,'started':5}");
    happens(run, 7, "ready", "{'id':1,'state':'ready','runs':1,'created':5,'started':5}");
    course_end(&run->course, BEGAN + 30);
    check_path(run, "1 run 5-30");
    close_run(run);
}

static void ends_lead_back(void)
{
    struct run *run = open_run();

    /* The end of 1 was the end of the run, which ended 2: that took long. */
    runs(run, 1, 0, 0, 0.5, ",'daemon':true");
    happens(run, 0, "started", "{'id':2,'state':'running','runs':1,'created':0,'started':0}");
    happens(run, 0.5, "changed", "{'id':2,'state':'stopping','runs':1,'created':0,'started':0}");
    happens(run, 20, "ended",
            "{'id':2,'state':'failed','runs':1,'created':0,'started':0,'ended':20,'seconds':20,"
            "'exception':'SystemExit'}");
    check_path(run, "1 run 0-0.5, 2 stop 0.5-20 end");
    run->result.seconds = 2000; /* an end of one hundredth of the run is no part of its own */
    check_path(run, "1 run 0-0.5, 2 run 0.5-20 end");
    close_run(run);

    /* Another exception, or another run of the thread, does not come from the end of a thread. */
    run = open_run();
    runs(run, 1, 0, 0, 10, "");
    happens(run, 0, "started", "{'id':2,'state':'running','runs':1,'created':0,'started':0}");
    happens(run, 10, "changed", "{'id':2,'state':'stopping','runs':1,'created':0,'started':0}");
    happens(run, 20, "ended",
            "{'id':2,'state':'failed','runs':1,'created':0,'started':0,'ended':20,'seconds':20,"
            "'exception':'TimeoutError'}");
    check_path(run, "2 run 0-10, 2 stop 10-20");
    close_run(run);
}

static void daemons_count_if_their_end_takes_long(void)
{
    struct run *run = open_run();

    runs(run, 1, 0, 0, 11, ",'daemon':true");
    runs(run, 2, 0, 0, 10, "");
    check_path(run, "2 run 0-10");
    run->course.threads[1].phases[0].ended = 11.5;
    check_path(run, "1 run 0-11.5");
    run->course.threads[1].phases[0].ended = 10.03;
    check_path(run, "2 run 0-10");
    run->result.seconds = 1;
    check_path(run, "1 run 0-10.03");
    run->course.threads[1].phases[0].ended = 10.015; /* of a short run too, this is not long */
    check_path(run, "2 run 0-10");
    close_run(run);
    run = open_run();
    runs(run, 1, 0, 0, 11, ",'daemon':true");
    check_path(run, "1 run 0-11");
    close_run(run);
    run = open_run();
    check_path(run, "");
    waits(run, 1, 0, 0, "waiting", "");
    course_end(&run->course, BEGAN + 1);
    check_path(run, "");
    close_run(run);
}

TEST_MAIN({"needs", needs_lead_back}, {"ready", ready_threads_lead_back},
          {"slots", slots_lead_back}, {"joins", joins_lead_back}, {"ends", ends_lead_back},
          {"daemons", daemons_count_if_their_end_takes_long})
