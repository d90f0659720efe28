/* A run that is over, made of descriptions of its threads and of their phases, for the tests of its results. */
#ifndef FINISHED_RUN_H
#define FINISHED_RUN_H

#include "tests/lib/test.h"

#include "cli/base/array.h"
#include "cli/script/run_result.h"

/* The time at which the run began, since the epoch: 2023-11-14T22:13:20Z. */
#define BEGAN 1700000000

/* One run. */
struct finished_run {
    struct run_threads threads;
    struct course      course;
    struct run_result  result;
};

/* Begins a run of 10 seconds without threads. */
static inline void run_begin(struct finished_run *run)
{
    *run = (struct finished_run){.course.began = BEGAN};
    run->result = (struct run_result){.name = "script",
                                      .threads = &run->threads,
                                      .course = &run->course,
                                      .began = BEGAN,
                                      .seconds = 10,
                                      .complete = true};
}

/* Adds a thread: the members of its description in JSON, with ' in place of ". */
static inline void run_add(struct finished_run *run, const char *members)
{
    char    object[2048];
    json_t *thread;

    CHECK(snprintf(object, sizeof(object), "{%s}", members) < (int) sizeof(object));
    for (char *quote = object; (quote = strchr(quote, '\'')) != NULL;)
        *quote = '"';
    thread = json_loads(object, 0, NULL);
    CHECK(thread != NULL);
    CHECK(run_threads_update(&run->threads, thread) != NULL);
    json_decref(thread);
}

/* Adds a phase of the thread ID: the state WORD, in the run NUMBER of its command. Returns the phase. */
static inline struct course_phase *run_add_phase(struct finished_run *run, int id, const char *word,
                                                 int number, double began, double ended)
{
    struct course_thread *thread;

    run->course.threads = array_reach(run->course.threads, &run->course.size, (size_t) id,
                                      sizeof(*run->course.threads));
    CHECK(run->course.threads != NULL);
    thread = &run->course.threads[id];
    thread->phases = array_room(thread->phases, thread->count, sizeof(*thread->phases));
    CHECK(thread->phases != NULL);
    thread->phases[thread->count] =
        (struct course_phase){.word = word, .run = number, .began = began, .ended = ended};
    thread->phases[thread->count].end.exit_code = -1;
    return &thread->phases[thread->count++];
}

/* Adds an exception that was raised in the thread ID. MESSAGE may be NULL. */
static inline void run_add_raise(struct finished_run *run, int id, double time,
                                 const char *exception, const char *message)
{
    struct course *course = &run->course;

    course->raises = array_room(course->raises, course->raise_count, sizeof(*course->raises));
    CHECK(course->raises != NULL);
    course->raises[course->raise_count++] = (struct course_raise){
        .id = id,
        .time = time,
        .exception = json_string(exception),
        .message = message != NULL ? json_string(message) : json_null(),
    };
}

static inline void run_end(struct finished_run *run)
{
    run_threads_release(&run->threads);
    course_close(&run->course);
}

#endif
