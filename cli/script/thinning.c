#include "cli/script/thinning.h"

#include "cli/base/clock.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <sys/socket.h>

/* This many threads that have succeeded are kept. */
#define KEPT 1000

/* The most threads that one request forgets, because the supervisor serves no other client meanwhile. */
#define BATCH 64

/* The script waits while QUEUED_MAX threads wait for a slot, or PAST_MAX have ended and cannot be let go yet. */
#define QUEUED_MAX 1000
#define PAST_MAX   (2 * KEPT)

/* After LOOK_ENDS ends, or LOOK_PAUSE seconds, the front asks the supervisor again how many threads wait. */
#define LOOK_ENDS  64
#define LOOK_PAUSE 1.0

void thinning_ask(struct front *front, size_t rest)
{
    struct thinning *thinning = &front->thinning;

    thinning->has_begun = thinning->script_waits = true;
    thinning->looked = -INFINITY;
    front->progress.rest = rest;
}

/* Returns the number of threads that are over. */
static size_t count_over(const struct front *front)
{
    const size_t *counts = front->output.threads.counts;

    return counts[RUN_THREAD_DONE] + counts[RUN_THREAD_FAILED];
}

double thinning_next(const struct front *front)
{
    const struct thinning *thinning = &front->thinning;

    return thinning->script_waits && thinning->queue_id == 0 ? thinning->looked + LOOK_PAUSE
                                                             : INFINITY;
}

/* Asks how many threads wait, if that may have changed. */
static void look(struct front *front)
{
    struct thinning *thinning = &front->thinning;

    if (!thinning->script_waits || thinning->queue_id != 0 ||
        front->output.threads.past_count >= PAST_MAX ||
        (count_over(front) < thinning->over + LOOK_ENDS &&
         clock_monotonic() < thinning_next(front)))
        return;
    thinning->over = count_over(front);
    thinning->looked = clock_monotonic();
    (void) client_send(&front->client, "slots", json_object(), &thinning->queue_id);
}

/* Tells the script that it may go on, if RESULT says that few enough threads wait. */
static void take_queue(struct front *front, const json_t *result)
{
    char byte = 0;

    front->thinning.queue_id = 0;
    if (json_integer_value(json_object_get(result, "queued")) >= QUEUED_MAX)
        return;
    front->thinning.script_waits = false;
    (void) send(front->sync, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT); /* in vain, if it has ended */
}

/* Returns the ids of up to BATCH threads whose output is over, the oldest ends first; NULL if there are none. */
static json_t *choose(struct front *front)
{
    struct run_threads *threads = &front->output.threads;
    json_t             *ids = json_array();
    struct run_thread  *element;

    while (ids != NULL && json_array_size(ids) < BATCH) {
        element = TAILQ_FIRST(&threads->past);
        if (!run_output_is_over(element) ||
            json_array_append_new(ids, json_integer(thread_id(element->thread))) != 0)
            break;
        run_threads_leave_past(threads, element);
    }
    if (json_array_size(ids) > 0)
        return ids;
    json_decref(ids);
    return NULL;
}

void thinning_step(struct front *front)
{
    struct thinning *thinning = &front->thinning;

    if (!thinning->has_begun || !front->client.open)
        return;
    look(front);
    if (thinning->ids != NULL || front->output.threads.past_count < KEPT + BATCH)
        return;
    thinning->ids = choose(front);
    if (thinning->ids != NULL)
        (void) client_send(&front->client, "clear", json_pack("{s:O}", "threads", thinning->ids),
                           &thinning->clear_id);
}

/* Lets go of the threads that the supervisor was asked to forget, if RESULT says that it has forgotten them all. */
static void take_cleared(struct front *front, const json_t *result)
{
    struct thinning   *thinning = &front->thinning;
    size_t             cleared = (size_t) json_integer_value(json_object_get(result, "cleared")), i;
    json_t            *id;
    struct run_thread *element;

    /* If it has not forgotten all, another client has restarted a thread of them, or has cleared it before. */
    if (cleared == json_array_size(thinning->ids)) {
        json_array_foreach(thinning->ids, i, id) {
            element = run_threads_find(&front->output.threads, json_integer_value(id));
            if (element != NULL)
                run_output_let_go(&front->output, element);
        }
    }
    json_decref(thinning->ids);
    thinning->ids = NULL;
}

void thinning_take(struct front *front, const struct reply *reply)
{
    struct thinning *thinning = &front->thinning;

    if (thinning->queue_id != 0 && reply->id == thinning->queue_id)
        take_queue(front, reply->result);
    if (thinning->ids != NULL && reply->id == thinning->clear_id)
        take_cleared(front, reply->result);
}
