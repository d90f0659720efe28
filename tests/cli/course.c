/* Tests the course of a run (cli/script/course.h) and its critical path (cli/script/critical_path.h). */
#include "tests/cli/written.h"

#include "cli/script/critical_path.h"
#include "cli/script/moments.h"

#include <math.h>

/* The beginning of each run, since the epoch. All times in the texts of this file count from it. */
#define BEGAN 1000

/* A run of 100 seconds. */
struct run {
    struct course      course;
    struct run_threads threads;
    struct run_result  result;
};

static struct run *open_run(void)
{
    static struct run run;

    run = (struct run){0};
    course_open(&run.course, true);
    run.course.began = BEGAN;
    run.result = (struct run_result){
        .threads = &run.threads, .course = &run.course, .began = BEGAN, .seconds = 100};
    return &run;
}

static void close_run(struct run *run)
{
    CHECK(!run->course.failed);
    course_close(&run->course);
    CHECK(run->course.threads == NULL && run->course.raise_count == 0 && !run->course.is_wanted);
    run_threads_release(&run->threads);
}

/* Returns the object that TEXT describes, which has ' in place of ". Its times become times since the epoch. */
static json_t *parse(const char *text)
{
    static const char *const times[] = {"created", "started", "ended"};
    char                    *copy = strdup(text);
    json_t                  *object;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    object = json_loads(copy, 0, NULL);
    free(copy);
    CHECK(object != NULL);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        json_t *time = json_object_get(object, times[i]);

        if (json_is_number(time))
            CHECK(json_object_set_new(object, times[i],
                                      json_real(json_number_value(time) + BEGAN)) == 0);
    }
    return object;
}

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

/* Sends the event EVENT of the thread that TEXT describes. */
static void happens(struct run *run, double time, const char *event, const char *text)
{
    json_t *thread = parse(text);
    json_t *params =
        json_pack("{s:s, s:f, s:O}", "event", event, "time", BEGAN + time, "thread", thread);

    CHECK(params != NULL);
    course_take_event(&run->course, params);
    CHECK(run_threads_update(&run->threads, thread) != NULL);
    json_decref(params);
    json_decref(thread);
}

/*
 * Runs the thread ID from BEGAN_AT to ENDED. It was created at CREATED. MORE are further members of its object, or "".
 */
static void runs(struct run *run, int id, double created, double began, double ended,
                 const char *more)
{
    char text[512];

    (void) snprintf(text, sizeof(text),
                    "{'id':%d,'state':'running','runs':1,'created':%f,'started':%f%s}", id, created,
                    began, more);
    happens(run, began, "started", text);
    (void) snprintf(text, sizeof(text),
                    "{'id':%d,'state':'done','runs':1,'created':%f,'started':%f,'ended':%f,"
                    "'seconds':%f,'exit_code':0%s}",
                    id, created, began, ended, ended - began, more);
    happens(run, ended, "ended", text);
}

/* Lets the thread ID have STATE from TIME on, before its run. */
static void waits(struct run *run, int id, double created, double time, const char *state,
                  const char *more)
{
    char text[512];

    (void) snprintf(text, sizeof(text), "{'id':%d,'state':'%s','runs':0,'created':%f%s}", id, state,
                    created, more);
    happens(run, time, "changed", text);
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

/* The path */

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
          {"needs", needs_lead_back}, {"ready", ready_threads_lead_back},
          {"slots", slots_lead_back}, {"joins", joins_lead_back}, {"ends", ends_lead_back},
          {"daemons", daemons_count_if_their_end_takes_long},
          {"memory", lack_of_memory_is_reported})
