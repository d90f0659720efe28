#include "cli/script/moments.h"

#include "cli/base/array.h"

#include <stdlib.h>
#include <string.h>

static void add(struct moments *moments, struct moment moment)
{
    struct moment *list = array_room(moments->list, moments->count, sizeof(*list));

    if (list == NULL) {
        moments->failed = true;
        return;
    }
    moments->list = list;
    list[moments->count++] = moment;
}

/* Adds the moments of THREAD. A run ends with its last phase. */
static void add_thread(struct moments *moments, const struct course_thread *thread,
                       struct moment moment)
{
    for (size_t i = 0; i < thread->count; i++) {
        const struct course_phase *phase = &thread->phases[i];
        bool                       is_last = i + 1 == thread->count || phase[1].run != phase->run;

        if (strcmp(phase->word, "ready") == 0) {
            moment.time = phase->began;
            moment.is_end = false;
            add(moments, moment);
        }
        if (course_is_of_run(phase) && is_last) {
            moment.time = phase->ended;
            moment.is_end = true;
            add(moments, moment);
        }
    }
}

static int compare(const void *a, const void *b)
{
    const struct moment *one = a, *other = b;

    if (one->time < other->time || one->time > other->time)
        return one->time < other->time ? -1 : 1;
    return one->id < other->id ? -1 : one->id > other->id;
}

void moments_find(struct moments *moments, const struct run_result *result)
{
    for (size_t id = 1; id < result->threads->size; id++) {
        const json_t               *object = run_threads_get(result->threads, id);
        const struct course_thread *thread = course_find(result->course, (json_int_t) id);
        struct moment               moment = {
                          .id = (json_int_t) id,
                          .is_daemon = json_is_true(json_object_get(object, "daemon")),
        };

        if (object != NULL && thread != NULL)
            add_thread(moments, thread, moment);
    }
    if (moments->count > 0)
        qsort(moments->list, moments->count, sizeof(*moments->list), compare);
}

void moments_release(struct moments *moments)
{
    free(moments->list);
    *moments = (struct moments){0};
}

size_t moments_until(const struct moments *moments, double time)
{
    size_t first = 0, end = moments->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (moments->list[middle].time <= time)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}
