/* Makes the course of a run, from events as the supervisor sends them. */
#ifndef COURSE_MADE_H
#define COURSE_MADE_H

#include "tests/parts/written.h"

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

static inline struct run *open_run(void)
{
    static struct run run;

    run = (struct run){0};
    course_open(&run.course, true);
    run.course.began = BEGAN;
    run.result = (struct run_result){
        .threads = &run.threads, .course = &run.course, .began = BEGAN, .seconds = 100};
    return &run;
}

static inline void close_run(struct run *run)
{
    CHECK(!run->course.failed);
    course_close(&run->course);
    CHECK(run->course.threads == NULL && run->course.raise_count == 0 && !run->course.is_wanted);
    run_threads_release(&run->threads);
}

/* Returns the object that TEXT describes, which has ' in place of ". Its times become times since the epoch. */
static inline json_t *parse(const char *text)
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

/* Sends the event EVENT of the thread that TEXT describes. */
static inline void happens(struct run *run, double time, const char *event, const char *text)
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
static inline void runs(struct run *run, int id, double created, double began, double ended,
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
static inline void waits(struct run *run, int id, double created, double time, const char *state,
                         const char *more)
{
    char text[512];

    (void) snprintf(text, sizeof(text), "{'id':%d,'state':'%s','runs':0,'created':%f%s}", id, state,
                    created, more);
    happens(run, time, "changed", text);
}

#endif
