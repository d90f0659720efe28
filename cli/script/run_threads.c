#include "cli/script/run_threads.h"

#include "cli/base/array.h"
#include "cli/base/status.h"
#include "cli/view/leftover_text.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>

/* No supervisor starts this many threads, so a larger number is not an id. */
#define ID_MAX 100000000

#define CHUNK_SIZE 128

/* Some threads with consecutive ids. */
struct run_thread_chunk {
    size_t            let_go; /* how many of these threads were let go */
    struct run_thread list[CHUNK_SIZE];
};

struct run_thread *run_threads_find(const struct run_threads *threads, json_int_t id)
{
    struct run_thread_chunk *chunk;
    struct run_thread       *element;

    if ((size_t) id >= threads->size) /* so is a negative id; there is no thread 0 */
        return NULL;
    chunk = threads->chunks[(size_t) id / CHUNK_SIZE];
    if (chunk == NULL)
        return NULL;
    element = &chunk->list[(size_t) id % CHUNK_SIZE];
    return element->thread != NULL ? element : NULL;
}

json_t *run_threads_get(const struct run_threads *threads, size_t id)
{
    const struct run_thread *element = run_threads_find(threads, (json_int_t) id);

    return element != NULL ? element->thread : NULL;
}

json_t *run_threads_next(const struct run_threads *threads, size_t *id)
{
    json_t *thread = NULL;

    while (thread == NULL && ++*id < threads->size)
        thread = run_threads_get(threads, *id);
    return thread;
}

struct run_thread *run_threads_at(struct run_threads *threads, json_int_t id)
{
    struct run_thread_chunk **chunks, **chunk;

    if (id <= 0 || id > ID_MAX)
        return NULL;
    chunks = array_reach(threads->chunks, &threads->chunk_count, (size_t) id / CHUNK_SIZE,
                         sizeof(struct run_thread_chunk *));
    if (chunks == NULL)
        return NULL;
    threads->chunks = chunks;
    threads->size = threads->chunk_count * CHUNK_SIZE;
    chunk = &chunks[(size_t) id / CHUNK_SIZE];
    if (*chunk == NULL)
        *chunk = calloc(1, sizeof(**chunk));
    return *chunk != NULL ? &(*chunk)->list[(size_t) id % CHUNK_SIZE] : NULL;
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

void run_threads_leave_past(struct run_threads *threads, struct run_thread *element)
{
    if (!element->is_past)
        return;
    TAILQ_REMOVE(&threads->past, element, past);
    threads->past_count--;
    element->is_past = false;
}

void run_threads_end(struct run_threads *threads, struct run_thread *element)
{
    element->ended = true;
    if (element->kind != RUN_THREAD_DONE || thread_has_leftovers(element->thread))
        return;
    if (threads->past_count++ == 0)
        TAILQ_INIT(&threads->past);
    TAILQ_INSERT_TAIL(&threads->past, element, past);
    element->is_past = true;
}

void run_threads_resume(struct run_threads *threads, struct run_thread *element)
{
    element->ended = false;
    run_threads_leave_past(threads, element);
}

void run_threads_let_go(struct run_threads *threads, struct run_thread *element)
{
    size_t                    id = (size_t) thread_id(element->thread);
    struct run_thread_chunk **chunk = &threads->chunks[id / CHUNK_SIZE];

    run_threads_leave_past(threads, element);
    json_decref(element->thread);
    *element = (struct run_thread){0};
    threads->let_go++;
    if (++(*chunk)->let_go < CHUNK_SIZE)
        return;
    free(*chunk);
    *chunk = NULL;
}

int run_threads_status(const struct run_threads *threads, const json_t *thread)
{
    const char *exception = json_string_value(json_object_get(thread, "exception"));
    bool        was_asked = exception != NULL && strcmp(exception, "SystemExit") == 0;
    int         status = was_asked ? 0 : thread_status(thread);

    return status == 0 && threads->leaks_fail && thread_has_leftovers(thread) ? STATUS_FAILED
                                                                              : status;
}

bool run_threads_are_daemons(const struct run_threads *threads)
{
    const json_t *thread;
    bool          lives = false;

    if (threads->let_go > 0)
        return false;
    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;) {
        if (!json_is_true(json_object_get(thread, "daemon")))
            return false;
        lives |= !run_threads_find(threads, (json_int_t) id)->ended;
    }
    return lives;
}

size_t run_threads_count(const struct run_threads *threads)
{
    size_t count = threads->let_go;

    for (size_t id = 0; run_threads_next(threads, &id) != NULL;)
        count++;
    return count;
}

size_t run_threads_count_failed(const struct run_threads *threads)
{
    const json_t *thread;
    size_t        count = 0;

    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;)
        count += run_threads_status(threads, thread) != 0;
    return count;
}

size_t run_threads_count_left(const struct run_threads *threads)
{
    const json_t *thread;
    size_t        count = 0;

    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;)
        count += thread_has_leftovers(thread);
    return count;
}

void run_threads_release(struct run_threads *threads)
{
    json_t *thread;

    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;)
        json_decref(thread);
    for (size_t i = 0; i < threads->chunk_count; i++)
        free(threads->chunks[i]);
    free(threads->chunks);
    *threads = (struct run_threads){0};
}
