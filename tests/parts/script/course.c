/* Tests the course of a run (cli/script/course.h). */
#include "tests/parts/script/course_made.h"

/* The functions that make room for more elements, which fail while memory is lacking. */
static bool lacks_memory;

void *__real_array_room(void *list, size_t count, size_t size);
void *__wrap_array_room(void *list, size_t count, size_t size);
void *__real_array_reach(void *list, size_t *count, size_t index, size_t size);
void *__wrap_array_reach(void *list, size_t *count, size_t index, size_t size);

void *__wrap_array_room(void *list, size_t count, size_t size)
{
    return lacks_memory ? NULL : __real_array_room(list, count, size);
}

void *__wrap_array_reach(void *list, size_t *count, size_t index, size_t size)
{
    return lacks_memory ? NULL : __real_array_reach(list, count, index, size);
}

/* Checks the phases of thread ID: "STATE BEGAN-ENDED" of each, with its run, and with the end if it is the last one. */
static void check_phases(const struct run *run, int id, const char *wanted)
{
    const struct course_thread *thread = course_find(&run->course, id);
    struct text                 text = {0};

    CHECK(thread != NULL);
    for (size_t i = 0; i < thread->count; i++) {
        const struct course_phase *phase = &thread->phases[i];

        text_printf(&text, "%s%s", i > 0 ? ", " : "", phase->word);
        if (phase->run > 0)
            text_printf(&text, "/%d", (int) phase->run);
        text_printf(&text, " %g-%g", phase->began, phase->ended);
        if (phase->is_last)
            text_printf(&text, " (%d %d %s)", phase->end.exit_code, phase->end.signal,
                        phase->end.exception != NULL ? json_string_value(phase->end.exception)
                                                     : "none");
    }
    check_written(&text, wanted);
}

/* The course */

static void phases_follow_the_states(void)
{
    struct run *run = open_run();

    waits(run, 1, -0.5, 0, "delayed", ""); /* it was created before the course began */
    waits(run, 1, -0.5, 1, "waiting", "");
    waits(run, 1, -0.5, 1.5, "waiting", "");
    waits(run, 1, -0.5, 2, "queued", "");
    waits(run, 1, -0.5, 2.5, "running", ""); /* its command is being started */
    CHECK(course_find(&run->course, 2) == NULL);
    happens(run, 3.25, "started", "{'id':1,'state':'running','runs':1,'started':3}");
    happens(run, 4, "ready", "{'id':1,'state':'ready','runs':1,'started':3}");
    happens(run, 5, "changed", "{'id':1,'state':'stopping','runs':1,'started':3}");
    happens(run, 6.5, "ended",
            "{'id':1,'state':'failed','runs':1,'started':3,'ended':6.25,'seconds':3,"
            "'exit_code':null,'signal':15,'exception':'SystemExit'}");
    check_phases(run, 1,
                 "delayed 0-1, waiting 1-2, queued 2-2.5, running/1 3-4, ready/1 4-5, "
                 "stopping/1 5-6 (-1 15 SystemExit)");
    /* Threads of which the first news come late: during the run, and after its end. */
    happens(run, 8, "started", "{'id':3,'state':'running','runs':1,'created':7,'started':7.5}");
    happens(
        run, 9, "ended",
        "{'id':3,'state':'done','runs':1,'started':7.5,'ended':9,'seconds':1.25,'exit_code':4}");
    check_phases(run, 3, "running/1 7.5-8.75 (4 0 none)");
    happens(run, 9, "ended",
            "{'id':5,'state':'done','runs':1,'created':7,'started':8,'ended':9,'seconds':null}");
    check_phases(run, 5, "running/1 8-9 (-1 0 none)");
    /* A thread whose command never ran, and one whose command cannot be started the first time. */
    waits(run, 2, 1, 1, "waiting", "");
    happens(run, 9, "ended", "{'id':2,'state':'failed','runs':0,'ended':8,'seconds':5}");
    check_phases(run, 2, "waiting 1-8");
    waits(run, 4, 1, 1, "queued", "");
    waits(run, 4, 1, 2, "running", "");
    waits(run, 4, 1, 3, "queued", "");
    happens(run, 9, "ended", "{'id':4,'state':'failed','runs':0,'ended':8}");
    check_phases(run, 4, "queued 1-2, queued 3-8");
    waits(run, 6, 1, 2, "running", "");
    CHECK(course_find(&run->course, 6) == NULL);
    close_run(run);
}

static void each_run_has_its_end(void)
{
    struct run *run = open_run();

    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'started':0}");
    happens(run, 2, "restarted",
            "{'id':1,'state':'delayed','runs':1,'started':0,'exit_code':3,'exception':null}");
    happens(run, 3, "started", "{'id':1,'state':'running','runs':2,'started':3}");
    happens(run, 4, "ready", "{'id':1,'state':'ready','runs':2,'started':3}");
    /* The next run of a thread that is restarted at once has not begun yet. */
    happens(run, 5, "restarted", "{'id':1,'state':'running','runs':2,'started':3,'signal':9}");
    happens(run, 6, "started", "{'id':1,'state':'running','runs':3,'started':6}");
    /* The news of an end and of a fourth run did not come. */
    happens(run, 9, "started", "{'id':1,'state':'running','runs':5,'started':8}");
    course_end(&run->course, BEGAN + 10);
    check_phases(run, 1,
                 "running/1 0-2 (3 0 none), delayed 2-3, running/2 3-4, ready/2 4-5 (-1 9 none), "
                 "running/3 6-8, running/5 8-10");
    /* The end of the course changes no phase whose end is known. */
    course_end(&run->course, BEGAN + 20);
    check_phases(run, 1,
                 "running/1 0-2 (3 0 none), delayed 2-3, running/2 3-4, ready/2 4-5 (-1 9 none), "
                 "running/3 6-8, running/5 8-10");
    close_run(run);
}

static void late_events_change_no_end(void)
{
    struct run *run = open_run();

    /* Its run began at 2 and took 2 seconds; the events came later than the changes. */
    waits(run, 1, 2.5, 2.5, "queued", "");
    happens(run, 2.75, "started", "{'id':1,'state':'running','runs':1,'started':2}");
    happens(run, 4.5, "ready", "{'id':1,'state':'ready','runs':1,'started':2}");
    happens(run, 5, "changed", "{'id':1,'state':'stopping','runs':1,'started':2}");
    happens(run, 5, "ended",
            "{'id':1,'state':'done','runs':1,'started':2,'ended':5,'seconds':2,'exit_code':0}");
    check_phases(run, 1, "queued 2-2, running/1 2-4, ready/1 4-4, stopping/1 4-4 (0 0 none)");
    /* The clock of the supervisor was set back between the start and the next change. */
    happens(run, 6, "started", "{'id':2,'state':'running','runs':1,'started':6}");
    happens(run, 5.5, "ready", "{'id':2,'state':'ready','runs':1,'started':6}");
    course_end(&run->course, BEGAN + 7);
    check_phases(run, 2, "running/1 6-6, ready/1 5.5-7");
    close_run(run);
}

static void raises_are_kept(void)
{
    struct run *run = open_run();
    json_t     *params = json_pack("{s:s, s:i, s:s, s:s, s:{s:s}, s:{s:i, s:s}}", "event", "raised",
                                   "time", BEGAN + 2, "exception", "ValueError", "message", "bad",
                                   "inner", "name", "worker", "thread", "id", 7, "state", "waiting");
    const struct course_raise *raises;

    course_take_event(&run->course, params);
    CHECK(json_object_del(params, "inner") == 0);
    CHECK(json_object_set_new(params, "time", json_integer(BEGAN - 1)) == 0);
    course_take_event(&run->course, params);
    /* Other events, and events without a thread, raise nothing. */
    CHECK(json_object_set_new(params, "event", json_string("changed")) == 0);
    course_take_event(&run->course, params);
    CHECK(json_object_del(params, "event") == 0);
    course_take_event(&run->course, params);
    CHECK(json_object_set_new(params, "event", json_string("raised")) == 0);
    CHECK(json_object_del(params, "thread") == 0);
    course_take_event(&run->course, params);
    CHECK_EQUAL(run->course.raise_count, 2);
    raises = run->course.raises;
    CHECK_EQUAL(raises[0].id, 7);
    CHECK(raises[0].time == 2 && raises[1].time == 0);
    CHECK_TEXT(json_string_value(raises[0].exception), "ValueError");
    CHECK_TEXT(json_string_value(raises[0].message), "bad");
    CHECK_TEXT(json_string_value(raises[0].inner), "worker");
    CHECK(raises[1].inner == NULL);
    json_decref(params);
    close_run(run);
}

static void what_is_no_thread_is_left_out(void)
{
    struct run *run = open_run();
    json_t     *thread = parse("{'id':0,'state':'waiting','created':0}");

    course_take_thread(&run->course, thread, BEGAN);
    CHECK(json_object_set_new(thread, "id", json_integer(-1)) == 0);
    course_take_thread(&run->course, thread, BEGAN);
    CHECK(json_object_set_new(thread, "id", json_integer(100000001)) == 0);
    course_take_thread(&run->course, thread, BEGAN);
    CHECK_EQUAL(run->course.size, 0);
    CHECK(json_object_set_new(thread, "id", json_integer(1)) == 0);
    CHECK(json_object_set_new(thread, "state", json_null()) == 0);
    course_take_thread(&run->course, thread, BEGAN);
    CHECK(course_find(&run->course, 1) == NULL);
    CHECK(course_find(&run->course, 0) == NULL && course_find(&run->course, -1) == NULL);
    /* Without --trace and --report nothing is kept. */
    run->course.is_wanted = false;
    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'started':0}");
    CHECK_EQUAL(run->course.size, 0);
    json_decref(thread);
    close_run(run);
}

/* Moments */

static void moments_are_sorted(void)
{
    struct run    *run = open_run();
    struct moments moments = {0};
    struct text    text = {0};

    runs(run, 3, 0, 1, 5, "");
    runs(run, 2, 0, 1, 5, ",'daemon':true");
    happens(run, 0, "started", "{'id':1,'state':'running','runs':1,'started':0}");
    happens(run, 2, "ready", "{'id':1,'state':'ready','runs':1,'started':0}");
    happens(run, 3, "changed", "{'id':1,'state':'stopping','runs':1,'started':0}");
    happens(run, 4, "restarted", "{'id':1,'state':'delayed','runs':1,'started':0}");
    happens(run, 6, "started", "{'id':1,'state':'running','runs':2,'started':6}");
    happens(run, 7, "ready", "{'id':1,'state':'ready','runs':2,'started':6}");
    happens(run, 9, "started", "{'id':1,'state':'running','runs':3,'started':8}");
    waits(run, 4, 0, 1, "running", ""); /* no phase of it is known */
    happens(run, 0, "started", "{'id':5,'state':'running','runs':1,'started':0}");
    happens(run, 3, "changed", "{'id':5,'state':'stopping','runs':1,'started':0}");
    course_end(&run->course, BEGAN + 10);
    run->course.threads[5].count--; /* what stands behind the last phase does not count */
    moments_find(&moments, &run->result);
    CHECK(!moments.failed);
    for (size_t i = 0; i < moments.count; i++)
        text_printf(&text, "%s%d %s %g%s", i > 0 ? ", " : "", (int) moments.list[i].id,
                    moments.list[i].is_end ? "end" : "ready", moments.list[i].time,
                    moments.list[i].is_daemon ? " daemon" : "");
    check_written(
        &text,
        "1 ready 2, 5 end 3, 1 end 4, 2 end 5 daemon, 3 end 5, 1 ready 7, 1 end 8, 1 end 10");
    CHECK_EQUAL(moments_until(&moments, 1.5), 0);
    CHECK_EQUAL(moments_until(&moments, 2), 1);
    CHECK_EQUAL(moments_until(&moments, 4.5), 3);
    CHECK_EQUAL(moments_until(&moments, 5), 5);
    CHECK_EQUAL(moments_until(&moments, 9), 7);
    CHECK_EQUAL(moments_until(&moments, 11), 8);
    moments_release(&moments);
    CHECK(moments.list == NULL && moments.count == 0);
    close_run(run);
}

/* Memory */

static void lack_of_memory_is_reported(void)
{
    struct run          *run = open_run();
    json_t              *thread = parse("{'id':1,'state':'waiting','created':0}");
    json_t              *raised = json_pack("{s:s, s:O}", "event", "raised", "thread", thread);
    struct critical_path path = {0};

    lacks_memory = true;
    course_take_thread(&run->course, thread, BEGAN);
    CHECK(run->course.failed && run->course.size == 0);
    lacks_memory = run->course.failed = false;
    runs(run, 1, 0, 0, 10, "");
    lacks_memory = true;
    CHECK(json_object_set_new(thread, "state", json_string("delayed")) == 0);
    course_take_thread(&run->course, thread, BEGAN + 11);
    CHECK(run->course.failed);
    run->course.failed = false;
    CHECK(json_object_set_new(thread, "state", json_string("done")) == 0);
    course_take_event(&run->course, raised);
    CHECK(run->course.failed && run->course.raise_count == 0);
    run->course.failed = false;
    critical_path_find(&path, &run->result);
    CHECK(path.failed && path.count == 0);
    lacks_memory = false;
    check_phases(run, 1, "running/1 0-10 (0 0 none)");
    critical_path_release(&path);
    json_decref(raised);
    json_decref(thread);
    close_run(run);
}

TEST_MAIN({"phases", phases_follow_the_states}, {"runs", each_run_has_its_end},
          {"late", late_events_change_no_end}, {"raises", raises_are_kept},
          {"no-thread", what_is_no_thread_is_left_out}, {"moments", moments_are_sorted},
          {"memory", lack_of_memory_is_reported})
