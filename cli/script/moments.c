#include "cli/script/moments.h"

#include <stdlib.h>
#include <string.h>

static void add(struct moments *moments, size_t *capacity, struct moment moment)
{
    struct moment *list = moments->list;

    if (moments->count == *capacity) {
        *capacity = *capacity > 0 ? *capacity * 2 : 64;
        list = realloc(list, *capacity * sizeof(*list));
    }
    if (list == NULL) {
        *capacity = moments->count;
        moments->failed = true;
        return;
    }
    moments->list = list;
    list[moments->count++] = moment;
}

/* Adds the moments of THREAD. A run ends with its last phase. */
static void add_thread(struct moments *moments, size_t *capacity,
                       const struct course_thread *thread, struct moment moment)
{
    for (size_t i = 0; i < thread->count; i++) {
        const struct course_phase *phase = &thread->phases[i];
        bool                       is_last = i + 1 == thread->count || phase[1].run != phase->run;

        if (strcmp(phase->word, "ready") == 0) {
            moment.time = phase->began;
            moment.is_end = false;
            add(moments, capacity, moment);
        }
        if (course_is_of_run(phase) && is_last) {
            moment.time = phase->ended;
            moment.is_end = true;
            add(moments, capacity, moment);
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
    size_t capacity = 0;

    for (size_t id = 1; id < result->threads->size; id++) {
        const json_t               *object = result->threads->list[id].thread;
        const struct course_thread *thread = course_find(result->course, (json_int_t) id);
        struct moment               moment = {
                          .id = (json_int_t) id,
                          .is_daemon = json_is_true(json_object_get(object, "daemon")),
        };

        if (object != NULL && thread != NULL)
            add_thread(moments, &capacity, thread, moment);
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
