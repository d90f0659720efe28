#include "cli/script/run_threads.h"

#include "cli/base/array.h"
#include "cli/base/status.h"
#include "cli/view/left_text.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>

/* No supervisor starts so many threads, so a larger number is not an id. */
#define ID_MAX 100000000

struct run_thread *run_threads_find(const struct run_threads *threads, json_int_t id)
{
    if (id <= 0 || (size_t) id >= threads->size || threads->list[id].thread == NULL)
        return NULL;
    return &threads->list[id];
}

struct run_thread *run_threads_at(struct run_threads *threads, json_int_t id)
{
    struct run_thread *list;

    if (id <= 0 || id > ID_MAX)
        return NULL;
    list = array_reach(threads->list, &threads->size, (size_t) id, sizeof(*list));
    if (list == NULL)
        return NULL;
    threads->list = list;
    return &list[id];
}

static enum run_thread_kind kind_of(const struct run_threads *threads, const json_t *thread)
{
    const char *state = json_string_value(json_object_get(thread, "state"));
    bool        has_ended = json_is_number(json_object_get(thread, "ended"));

    if (json_is_true(json_object_get(thread, "daemon")))
        return has_ended ? RUN_THREAD_OTHER : RUN_THREAD_DAEMON;
    if (has_ended)
        return run_threads_status(threads, thread) != 0 ? RUN_THREAD_FAILED : RUN_THREAD_DONE;
    /* A thread that was restarted has begun, even if it waits now for its next run. */
    if (json_integer_value(json_object_get(thread, "runs")) > 0 || state == NULL ||
        (strcmp(state, "delayed") != 0 && strcmp(state, "waiting") != 0 &&
         strcmp(state, "queued") != 0))
        return RUN_THREAD_RUNNING;
    return RUN_THREAD_WAITING;
}

/* Counts ELEMENT as one of KIND from now on. */
static void count(struct run_threads *threads, struct run_thread *element,
                  enum run_thread_kind kind)
{
    if (element->kind != RUN_THREAD_UNKNOWN)
        threads->counts[element->kind]--;
    threads->counts[kind]++;
    element->kind = kind;
}

struct run_thread *run_threads_update(struct run_threads *threads, json_t *thread)
{
    struct run_thread *element = run_threads_at(threads, thread_id(thread));

    if (element == NULL)
        return NULL;
    json_incref(thread);
    json_decref(element->thread);
    element->thread = thread;
    count(threads, element, kind_of(threads, thread));
    return element;
}

int run_threads_status(const struct run_threads *threads, const json_t *thread)
{
    const char *exception = json_string_value(json_object_get(thread, "exception"));
    bool        was_asked = exception != NULL && strcmp(exception, "SystemExit") == 0;
    int         status = was_asked ? 0 : thread_status(thread);

    return status == 0 && threads->leaks_fail && left_is_some(thread) ? STATUS_FAILED : status;
}

bool run_threads_are_daemons(const struct run_threads *threads)
{
    bool lives = false;

    for (size_t id = 1; id < threads->size; id++) {
        const struct run_thread *element = &threads->list[id];

        if (element->thread == NULL)
            continue;
        if (!json_is_true(json_object_get(element->thread, "daemon")))
            return false;
        lives |= !element->ended;
    }
    return lives;
}

size_t run_threads_count(const struct run_threads *threads)
{
    size_t count = 0;

    for (size_t id = 1; id < threads->size; id++)
        count += threads->list[id].thread != NULL;
    return count;
}

size_t run_threads_count_failed(const struct run_threads *threads)
{
    size_t count = 0;

    for (size_t id = 1; id < threads->size; id++)
        if (threads->list[id].thread != NULL)
            count += run_threads_status(threads, threads->list[id].thread) != 0;
    return count;
}

size_t run_threads_count_left(const struct run_threads *threads)
{
    size_t count = 0;

    for (size_t id = 1; id < threads->size; id++)
        count += left_is_some(threads->list[id].thread);
    return count;
}

void run_threads_release(struct run_threads *threads)
{
    for (size_t id = 1; id < threads->size; id++)
        json_decref(threads->list[id].thread);
    free(threads->list);
    *threads = (struct run_threads){0};
}
