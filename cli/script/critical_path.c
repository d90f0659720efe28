#include "cli/script/critical_path.h"

#include "cli/base/array.h"
#include "cli/script/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The time of an event may be up to this many seconds later than the change that the event reports. */
#define LATE 0.01

/* The two clocks from which times are taken may differ by this many seconds. */
#define SKEW 0.001

/* Between two starts a script pauses no longer than this, unless it waits for something. */
#define PAUSE 0.02

/* The end of a thread becomes a part of the path if it took more than this share of the run. */
#define SHARE_OF_END 0.01

/* The search for the path, which goes backwards. */
struct search {
    struct critical_path    *path; /* in reverse order */
    const struct run_result *result;
    struct moments           moments;
    json_int_t               id;    /* the thread that the search looks at; 0: the search is over */
    double                   until; /* the end of the stretch for which this thread is the reason */
    bool                    *seen;  /* by id: the thread is on the path */
};

/* The thread that is next on the path, and the end of the stretch for which it is the reason. */
struct cause {
    enum path_cause kind;
    json_int_t      id;
    double          time;
    const json_t   *need;
};

static const json_t *object_of(const struct search *search, json_int_t id)
{
    const struct run_thread *element = run_threads_find(search->result->threads, id);

    return element != NULL ? element->thread : NULL;
}

/* Adds a part. If the last part is of the same thread and kind, makes that longer instead. */
static void add(struct search *search, enum path_kind kind, double began, double ended)
{
    struct critical_path *path = search->path;
    struct path_part     *last = path->count > 0 ? &path->parts[path->count - 1] : NULL;
    struct path_part     *parts;

    if (last != NULL && last->id == search->id && last->kind == kind && last->cause == CAUSE_NONE) {
        last->began = began;
        return;
    }
    parts = array_room(path->parts, path->count, sizeof(*parts));
    if (parts == NULL) {
        path->failed = true;
        return;
    }
    path->parts = parts;
    parts[path->count++] =
        (struct path_part){.id = search->id, .kind = kind, .began = began, .ended = ended};
}

/* Continues the search with CAUSE, which led to the part that was added last. */
static void go_to(struct search *search, const struct cause *cause)
{
    struct critical_path *path = search->path;

    if (path->count > 0) {
        path->parts[path->count - 1].cause = cause->kind;
        path->parts[path->count - 1].need = cause->need;
    }
    search->id = cause->id;
    search->until = cause->time;
}

/* Finding causes: each function returns true if it has found one. Without one, the id stays 0. */

/* Finds the last end of another thread between AFTER and UNTIL. With SLOTS, only a thread that held a slot counts. */
static bool find_end(const struct search *search, double after, double until, bool slots,
                     struct cause *ret)
{
    for (size_t i = moments_until(&search->moments, until); i > 0; i--) {
        const struct moment *moment = &search->moments.list[i - 1];

        if (moment->time <= after)
            return false;
        if (moment->is_end && !search->seen[moment->id] && !(slots && moment->is_daemon)) {
            ret->id = moment->id;
            ret->time = moment->time;
            return true;
        }
    }
    return false;
}

/* Returns true if a phase of THREAD that began before UNTIL has WORD. */
static bool has_phase(const struct course_thread *thread, const char *word, double until)
{
    for (size_t i = 0; i < thread->count; i++)
        if (thread->phases[i].began <= until + LATE && strcmp(thread->phases[i].word, word) == 0)
            return true;
    return false;
}

/*
 * Returns the beginning of the first phase between AFTER and UNTIL in which THREAD was ready; or NAN. A need is met by
 * that phase, also if the thread is restarted later. A thread without a probe is ready while it runs.
 */
static double ready_time(const struct course_thread *thread, double after, double until)
{
    const char *word = has_phase(thread, "ready", until) ? "ready" : "running";

    for (size_t i = 0; i < thread->count; i++) {
        const struct course_phase *phase = &thread->phases[i];

        if (phase->ended > after && phase->began <= until + LATE && strcmp(phase->word, word) == 0)
            return phase->began;
    }
    return NAN;
}

/* Returns the end of the last phase of THREAD that ended before UNTIL; or NAN. */
static double end_time(const struct course_thread *thread, double until)
{
    for (size_t i = thread->count; i > 0; i--)
        if (thread->phases[i - 1].ended <= until + LATE)
            return thread->phases[i - 1].ended;
    return NAN;
}

double critical_path_met(const struct course *course, const json_t *need, double after,
                         double until)
{
    const char                 *condition = json_string_value(json_object_get(need, "condition"));
    const struct course_thread *thread =
        course_find(course, json_integer_value(json_object_get(need, "id")));

    if (thread == NULL || condition == NULL)
        return NAN;
    return strcmp(condition, "ready") == 0 ? ready_time(thread, after, until)
                                           : end_time(thread, until);
}

/* Finds the need that was met last, if it was met after AFTER. */
static bool find_need(const struct search *search, double after, double until, struct cause *ret)
{
    const json_t *needs = json_object_get(object_of(search, search->id), "needs");
    json_t       *need;
    size_t        i;

    ret->time = after;
    json_array_foreach((json_t *) needs, i, need) {
        json_int_t id = json_integer_value(json_object_get(need, "id"));
        double     met = critical_path_met(search->result->course, need, after, until);

        if (object_of(search, id) != NULL && !isnan(met) && met > ret->time)
            *ret = (struct cause){
                .kind = CAUSE_NEED, .id = id, .time = fmin(met, until), .need = need};
    }
    return ret->id != 0;
}

/* Finds the cause that ended PHASE, in which the thread waited. */
static bool find_cause_of_wait(const struct search *search, const struct course_phase *phase,
                               struct cause *ret)
{
    if (strcmp(phase->word, "waiting") == 0)
        return find_need(search, phase->began, search->until, ret);
    ret->kind = CAUSE_SLOT;
    return strcmp(phase->word, "queued") == 0 &&
           find_end(search, phase->began, search->until + SKEW, true, ret);
}

/*
 * Finds the cause that made the thread stop in PHASE: the end of another thread, if SystemExit ended this thread. The
 * end of a run and a leash end threads by SystemExit.
 */
static void find_cause_of_stop(const struct search *search, const struct course_thread *thread,
                               const struct course_phase *phase, struct cause *ret)
{
    const struct course_phase *last = &thread->phases[thread->count - 1];
    const char                *exception = json_string_value(last->end.exception);

    ret->kind = CAUSE_END;
    if (last->run == phase->run && exception != NULL && strcmp(exception, "SystemExit") == 0)
        (void) find_end(search, 0, phase->began + SKEW, false, ret);
}

/* Returns the time at which the thread ID was created, or NAN. */
static double created(const struct search *search, json_int_t id)
{
    const json_t *time = json_object_get(object_of(search, id), "created");

    return json_is_number(time) ? fmax(json_number_value(time) - search->result->course->began, 0)
                                : NAN;
}

/* Finds the last thread before FIRST that ended or became ready in the time from AFTER to UNTIL. */
static void find_join(const struct search *search, json_int_t first, double after, double until,
                      struct cause *ret)
{
    for (size_t i = moments_until(&search->moments, until + SKEW); i > 0 && ret->id == 0; i--) {
        const struct moment *moment = &search->moments.list[i - 1];

        if (moment->time <= after)
            break;
        if (moment->id < first && !search->seen[moment->id])
            *ret = (struct cause){.kind = moment->is_end ? CAUSE_JOIN : CAUSE_READY,
                                  .id = moment->id,
                                  .time = fmin(moment->time, until)};
    }
}

/*
 * Continues the search with the thread that the script waited for before it started this thread, if that is known. The
 * threads that the script started just before this thread, without a pause between, had to wait for the same thread.
 */
static void go_to_script(struct search *search)
{
    double       time = created(search, search->id), before = time;
    json_int_t   first = search->id;
    struct cause cause = {0};

    while (first > 1) {
        before = created(search, first - 1);
        if (isnan(before) || time - before > PAUSE)
            break;
        time = before;
        first--;
    }
    if (!search->result->is_each && !isnan(before))
        find_join(search, first, before, time, &cause);
    /* Before the first thread the script did not wait: the run itself began. */
    if (time - cause.time > PAUSE && first > 1) {
        search->id = 0;
        add(search, PATH_SCRIPT, cause.time, time);
    }
    go_to(search, &cause);
}

/* Adds the stretch for which the thread search->id is the reason, and goes on to the cause of its beginning. */
static void look_at(struct search *search)
{
    const struct course_thread *thread = course_find(search->result->course, search->id);

    search->seen[search->id] = true;
    for (size_t i = thread->count; i > 0; i--) {
        const struct course_phase *phase = &thread->phases[i - 1];
        struct cause               cause = {0};
        bool                       stops = strcmp(phase->word, "stopping") == 0, takes_long;

        /* The phase that ended at that time may have no length. */
        if (phase->began > search->until ||
            (phase->began >= search->until && phase->ended > search->until))
            continue;
        if (course_is_of_run(phase)) {
            takes_long = search->until - phase->began > search->result->seconds * SHARE_OF_END;
            add(search, stops && takes_long ? PATH_STOP : PATH_RUN, phase->began, search->until);
            if (stops)
                find_cause_of_stop(search, thread, phase, &cause);
        } else if (!find_cause_of_wait(search, phase, &cause)) {
            add(search, strcmp(phase->word, "delayed") == 0 ? PATH_DELAY : PATH_QUEUE, phase->began,
                search->until);
        }
        if (cause.id != 0) {
            go_to(search, &cause);
            return;
        }
        search->until = fmin(phase->began, search->until);
    }
    go_to_script(search);
}

/* Returns the last end of a run of a command, or NULL if there is none. DAEMONS: the end of a daemon counts too. */
static const struct moment *last_end(const struct search *search, bool daemons)
{
    for (size_t i = search->moments.count; i > 0; i--) {
        const struct moment *moment = &search->moments.list[i - 1];

        if (moment->is_end && (daemons || !moment->is_daemon))
            return moment;
    }
    return NULL;
}

/* Begins with the thread that ended last. Daemons always end last; they count only if their end took long. */
static void begin(struct search *search)
{
    const struct moment *last = last_end(search, false), *daemon = last_end(search, true);

    if (last == NULL ||
        daemon->time - last->time > fmax(PAUSE, search->result->seconds * SHARE_OF_END))
        last = daemon;
    if (last == NULL)
        return;
    search->id = last->id;
    search->until = last->time;
}

static void reverse(struct critical_path *path)
{
    for (size_t i = 0; i < path->count / 2; i++) {
        struct path_part part = path->parts[i];

        path->parts[i] = path->parts[path->count - 1 - i];
        path->parts[path->count - 1 - i] = part;
    }
}

void critical_path_find(struct critical_path *path, const struct run_result *result)
{
    struct search search = {
        .path = path,
        .result = result,
        .seen = calloc(result->threads->size + 1, sizeof(*search.seen)),
    };

    moments_find(&search.moments, result);
    path->failed |= search.seen == NULL || search.moments.failed;
    if (!path->failed) {
        begin(&search);
        while (search.id != 0)
            look_at(&search);
    }
    reverse(path);
    free(search.seen);
    moments_release(&search.moments);
}

void critical_path_release(struct critical_path *path)
{
    free(path->parts);
    *path = (struct critical_path){0};
}
