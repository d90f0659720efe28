#include "cli/script/trace.h"

#include "cli/base/clock.h"
#include "cli/script/trace_event.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No supervisor starts so many threads, so a larger number is not an id. */
#define ID_MAX 100000000

/* The most phases that are kept at a time: those of a run, which are running, ready and stopping. */
#define PHASES 3

/* The phases of one thread that are not written yet: their end is not known, or may prove to be earlier. */
struct trace_track {
    bool               is_known;
    json_int_t         runs;    /* of which news has come */
    bool               in_run;  /* the phases are those of the last run */
    double             started; /* the beginning of the last run */
    struct trace_phase phases[PHASES];
    size_t             count;
};

void trace_open(struct trace *trace, bool is_wanted)
{
    *trace = (struct trace){.is_wanted = is_wanted, .began = clock_wall()};
}

void trace_close(struct trace *trace)
{
    text_release(&trace->events);
    free(trace->tracks);
    *trace = (struct trace){0};
}

/* Returns the track of the thread ID, or NULL without memory. */
static struct trace_track *find(struct trace *trace, json_int_t id)
{
    size_t              size = trace->size > 0 ? trace->size : 16;
    struct trace_track *tracks;

    if (id <= 0 || id > ID_MAX)
        return NULL;
    while (size <= (size_t) id)
        size *= 2;
    if (size == trace->size)
        return &trace->tracks[id];
    tracks = realloc(trace->tracks, size * sizeof(*tracks));
    if (tracks == NULL) {
        trace->events.failed = true;
        return NULL;
    }
    memset(tracks + trace->size, 0, (size - trace->size) * sizeof(*tracks));
    trace->tracks = tracks;
    trace->size = size;
    return &tracks[id];
}

/*
 * Writes the phases of TRACK, the last of which ended at END. The supervisor may have told of a phase a
 * moment after its true end, so no phase lasts longer than until END. THREAD, which may be NULL, says how a
 * run ended.
 */
static void write_phases(struct trace *trace, struct trace_track *track, json_int_t id,
                         const json_t *thread, double end)
{
    for (size_t i = 0; i < track->count; i++) {
        const struct trace_phase *phase = &track->phases[i];
        bool                      is_last = i + 1 == track->count;
        double                    next = is_last ? end : fmin(phase[1].began, end);

        trace_event_add_phase(&trace->events, id, phase, fmin(phase->began, end), next,
                              is_last && track->in_run ? thread : NULL);
    }
    track->count = 0;
}

/* Begins a phase, if STATE is the word of one that is shown. */
static void begin_phase(struct trace *trace, struct trace_track *track, const json_t *thread,
                        const char *state, double time)
{
    struct trace_phase phase = {.word = trace_event_phase(state),
                                .run = track->in_run ? track->runs : 0,
                                .began = time - trace->began};

    if (phase.word == NULL)
        return;
    if (track->count == PHASES)
        write_phases(trace, track, thread_id(thread), NULL, phase.began);
    track->phases[track->count++] = phase;
}

/* Returns true if STATE is the state of a thread whose command runs. */
static bool is_of_run(const char *state)
{
    return strcmp(state, "running") == 0 || strcmp(state, "ready") == 0 ||
           strcmp(state, "stopping") == 0;
}

/* Returns the time at which the phases of TRACK ended, of which news has come at TIME. */
static double end_of(const struct trace_track *track, const json_t *thread, double time)
{
    const json_t *ended = json_object_get(thread, "ended");
    const json_t *seconds = json_object_get(thread, "seconds");

    if (!json_is_number(ended))
        return time;
    return track->in_run && json_is_number(seconds) ? track->started + json_number_value(seconds)
                                                    : json_number_value(ended);
}

/* Begins the run that THREAD is in, or was in if it has ended since. */
static void begin_run(struct trace *trace, struct trace_track *track, const json_t *thread)
{
    track->started = json_number_value(json_object_get(thread, "started"));
    write_phases(trace, track, thread_id(thread), NULL, track->started - trace->began);
    track->runs = json_integer_value(json_object_get(thread, "runs"));
    track->in_run = true;
    begin_phase(trace, track, thread, "running", track->started);
}

/* Begins TRACK, that of the new THREAD. */
static void begin_track(struct trace *trace, struct trace_track *track, const json_t *thread,
                        const char *state)
{
    track->is_known = true;
    trace_event_add_name(&trace->events, thread);
    /* Before its first run a thread is called running while its command is being started. */
    if (!is_of_run(state))
        begin_phase(trace, track, thread, state,
                    json_number_value(json_object_get(thread, "created")));
}

/* Takes the STATE of THREAD, which it has since TIME, without a new run. */
static void take_state(struct trace *trace, struct trace_track *track, const json_t *thread,
                       const char *state, double time)
{
    /* A run begins as running, so a thread that is running again waits for the beginning of the next run. */
    bool        runs = track->in_run && is_of_run(state) && strcmp(state, "running") != 0;
    const char *last = track->count > 0 ? track->phases[track->count - 1].word : "";

    if (strcmp(last, state) == 0)
        return;
    if (!runs)
        write_phases(trace, track, thread_id(thread), thread,
                     end_of(track, thread, time) - trace->began);
    track->in_run = runs;
    if (runs || !is_of_run(state))
        begin_phase(trace, track, thread, state, time);
}

void trace_take_thread(struct trace *trace, const json_t *thread, double time)
{
    const char         *state = json_string_value(json_object_get(thread, "state"));
    struct trace_track *track;

    if (!trace->is_wanted || state == NULL || (track = find(trace, thread_id(thread))) == NULL)
        return;
    if (!track->is_known)
        begin_track(trace, track, thread, state);
    if (json_integer_value(json_object_get(thread, "runs")) > track->runs)
        begin_run(trace, track, thread);
    take_state(trace, track, thread, state, time);
}

void trace_take_event(struct trace *trace, const json_t *params)
{
    const char   *event = json_string_value(json_object_get(params, "event"));
    const json_t *thread = json_object_get(params, "thread");
    double        time = json_number_value(json_object_get(params, "time"));

    if (!trace->is_wanted || event == NULL || thread == NULL)
        return;
    trace_take_thread(trace, thread, time);
    if (strcmp(event, "raised") == 0)
        trace_event_add_raise(&trace->events, params, time - trace->began);
}

void trace_end(struct trace *trace, double time)
{
    for (size_t id = 1; id < trace->size; id++)
        write_phases(trace, &trace->tracks[id], (json_int_t) id, NULL, time - trace->began);
}
