#include "cli/script/course.h"

#include "cli/base/array.h"
#include "cli/base/clock.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No supervisor starts this many threads: a larger number is not an id. */
#define ID_MAX 100000000

void course_open(struct course *course, bool is_wanted)
{
    *course = (struct course){.is_wanted = is_wanted, .began = clock_wall()};
}

static void close_thread(struct course_thread *thread)
{
    for (size_t i = 0; i < thread->count; i++)
        json_decref(thread->phases[i].end.exception);
    free(thread->phases);
}

void course_close(struct course *course)
{
    for (size_t id = 0; id < course->size; id++)
        close_thread(&course->threads[id]);
    for (size_t i = 0; i < course->raise_count; i++) {
        json_decref(course->raises[i].exception);
        json_decref(course->raises[i].message);
        json_decref(course->raises[i].inner);
    }
    free(course->threads);
    free(course->raises);
    *course = (struct course){0};
}

/* Returns the thread ID, and makes room for it. Returns NULL without memory, or if ID is not an id. */
static struct course_thread *find(struct course *course, json_int_t id)
{
    struct course_thread *threads;

    if (id <= 0 || id > ID_MAX)
        return NULL;
    threads = array_reach(course->threads, &course->size, (size_t) id, sizeof(*threads));
    if (threads == NULL) {
        course->failed = true;
        return NULL;
    }
    course->threads = threads;
    return &threads[id];
}

const struct course_thread *course_find(const struct course *course, json_int_t id)
{
    if (id <= 0 || (size_t) id >= course->size || course->threads[id].count == 0)
        return NULL;
    return &course->threads[id];
}

/* Returns STATE as a string that lasts, or NULL if it is not the state of a live thread. */
static const char *phase_word(const char *state)
{
    static const char *const words[] = {"delayed", "waiting", "queued",
                                        "running", "ready",   "stopping"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(state, words[i]) == 0)
            return words[i];
    return NULL;
}

/* Returns true if STATE is the state of a thread whose command runs. */
static bool is_of_run(const char *state)
{
    return strcmp(state, "running") == 0 || strcmp(state, "ready") == 0 ||
           strcmp(state, "stopping") == 0;
}

bool course_is_of_run(const struct course_phase *phase)
{
    return is_of_run(phase->word);
}

/* Returns the member NAME of THREAD if it is an integer, or else OTHER. */
static int member(const json_t *thread, const char *name, int other)
{
    const json_t *value = json_object_get(thread, name);

    return json_is_integer(value) ? (int) json_integer_value(value) : other;
}

/* Notes the end of a run in PHASE, its last phase. */
static void note_end(struct course_phase *phase, const json_t *thread)
{
    json_t *exception = json_object_get(thread, "exception");

    phase->is_last = true;
    phase->end.exit_code = member(thread, "exit_code", -1);
    phase->end.signal = member(thread, "signal", 0);
    phase->end.exception = json_is_string(exception) ? json_incref(exception) : NULL;
}

/*
 * Ends the phases of THREAD that have no end yet. The last phase ended at END. The supervisor may report a phase a
 * moment after its true beginning, so no phase lasts beyond END. OBJECT, which may be NULL, describes the end of the
 * run.
 */
static void end_phases(struct course_thread *thread, const json_t *object, double end)
{
    for (size_t i = thread->first; i < thread->count; i++) {
        struct course_phase *phase = &thread->phases[i];
        bool                 is_last = i + 1 == thread->count;

        phase->began = fmin(phase->began, end);
        phase->ended = fmax(phase->began, is_last ? end : fmin(phase[1].began, end));
        if (is_last && thread->in_run && object != NULL)
            note_end(phase, object);
    }
    thread->first = thread->count;
}

/* Begins a phase, if STATE is the state of a live thread. */
static void begin_phase(struct course *course, struct course_thread *thread, const char *state,
                        double time)
{
    const char          *word = phase_word(state);
    struct course_phase *phases;

    if (word == NULL)
        return;
    phases = array_room(thread->phases, thread->count, sizeof(*phases));
    if (phases == NULL) {
        course->failed = true;
        return;
    }
    thread->phases = phases;
    phases[thread->count++] = (struct course_phase){.word = word,
                                                    .run = thread->in_run ? thread->runs : 0,
                                                    .began = fmax(time - course->began, 0)};
}

/* Returns the time at which the phases of THREAD ended. OBJECT, which reports the end, came at TIME. */
static double end_of(const struct course_thread *thread, const json_t *object, double time)
{
    const json_t *ended = json_object_get(object, "ended");
    const json_t *seconds = json_object_get(object, "seconds");

    if (!json_is_number(ended))
        return time;
    return thread->in_run && json_is_number(seconds) ? thread->started + json_number_value(seconds)
                                                     : json_number_value(ended);
}

/* Begins the run that OBJECT shows, even if that run has ended since. */
static void begin_run(struct course *course, struct course_thread *thread, const json_t *object)
{
    thread->started = json_number_value(json_object_get(object, "started"));
    end_phases(thread, NULL, thread->started - course->began);
    thread->runs = json_integer_value(json_object_get(object, "runs"));
    thread->in_run = true;
    begin_phase(course, thread, "running", thread->started);
}

/* Takes STATE, which THREAD has had since TIME. No new run began. */
static void take_state(struct course *course, struct course_thread *thread, const json_t *object,
                       const char *state, double time)
{
    /* A run begins in the state running. So a thread that has this state again waits for its next run. */
    bool        runs = thread->in_run && is_of_run(state) && strcmp(state, "running") != 0;
    bool        lasts = thread->first < thread->count;
    const char *last = lasts ? thread->phases[thread->count - 1].word : "";

    if (strcmp(last, state) == 0)
        return;
    if (!runs)
        end_phases(thread, object, end_of(thread, object, time) - course->began);
    thread->in_run = runs;
    if (runs || !is_of_run(state))
        begin_phase(course, thread, state, time);
}

void course_take_thread(struct course *course, const json_t *object, double time)
{
    const char           *state = json_string_value(json_object_get(object, "state"));
    struct course_thread *thread;

    if (!course->is_wanted || state == NULL || (thread = find(course, thread_id(object))) == NULL)
        return;
    /* A thread whose command is being started has the state running already before its first run. */
    if (!thread->is_known && !is_of_run(state))
        begin_phase(course, thread, state, json_number_value(json_object_get(object, "created")));
    thread->is_known = true;
    if (json_integer_value(json_object_get(object, "runs")) > thread->runs)
        begin_run(course, thread, object);
    take_state(course, thread, object, state, time);
}

static void add_raise(struct course *course, const json_t *params, double time)
{
    const json_t        *inner = json_object_get(params, "inner");
    struct course_raise *raises = array_room(course->raises, course->raise_count, sizeof(*raises));

    if (raises == NULL) {
        course->failed = true;
        return;
    }
    course->raises = raises;
    raises[course->raise_count++] = (struct course_raise){
        .id = thread_id(json_object_get(params, "thread")),
        .time = fmax(time - course->began, 0),
        .exception = json_incref(json_object_get(params, "exception")),
        .message = json_incref(json_object_get(params, "message")),
        .inner = json_incref(json_object_get(inner, "name")),
    };
}

void course_take_event(struct course *course, const json_t *params)
{
    const char   *event = json_string_value(json_object_get(params, "event"));
    const json_t *thread = json_object_get(params, "thread");
    double        time = json_number_value(json_object_get(params, "time"));

    if (!course->is_wanted || event == NULL || thread == NULL)
        return;
    course_take_thread(course, thread, time);
    if (strcmp(event, "raised") == 0)
        add_raise(course, params, time);
}

void course_end(struct course *course, double time)
{
    for (size_t id = 1; id < course->size; id++)
        end_phases(&course->threads[id], NULL, time - course->began);
}
