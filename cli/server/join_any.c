#include "cli/server/join_any.h"

#include "cli/base/array.h"
#include "cli/server/join_replies.h"
#include "cli/server/selection.h"
#include "cli/server/store.h"

#include <stdlib.h>

/* The threads that a call waits for, by id. They are live as long as the call waits. */
struct candidates {
    uint64_t *ids;
    size_t    count;
    bool      failed; /* memory was lacking */
};

/* The calls that wait. */
static struct call_list waiting = LIST_HEAD_INITIALIZER(waiting);

static void free_candidates(void *state)
{
    struct candidates *candidates = state;

    if (candidates != NULL)
        free(candidates->ids);
    free(candidates);
}

static int by_id(const void *a, const void *b)
{
    const uint64_t *first = a, *second = b;

    return (*first > *second) - (*first < *second);
}

static bool is_candidate(const struct candidates *candidates, const struct record *record)
{
    return bsearch(&record->id, candidates->ids, candidates->count, sizeof(record->id), by_id) !=
           NULL;
}

/* Replies */

static void wake_any(struct call *call, struct record *record)
{
    if (is_candidate(call->state, record))
        join_reply(call, record);
    else
        call_wait(call, &waiting, -1, wake_any);
}

void join_any_ended(struct record *record)
{
    call_wake(&waiting, record);
}

static void expire_any(struct call *call, const struct record *record)
{
    (void) record;
    call_fail(call, PROTOCOL_TIMEOUT_ERROR, "none of the threads has ended");
}

/* Candidates */

static void add(struct candidates *candidates, uint64_t id)
{
    uint64_t *ids = array_room(candidates->ids, candidates->count, sizeof(*ids));

    if (ids == NULL) {
        candidates->failed = true;
        return;
    }
    candidates->ids = ids;
    ids[candidates->count++] = id;
}

/* Adds the newest thread of each name that PATTERN matches; without a pattern, all live threads. */
static void add_matching(struct candidates *candidates, const struct selector *pattern)
{
    const struct record *record;

    TAILQ_FOREACH(record, store_all(), order)
        if (pattern == NULL
                ? record_is_live(record)
                : select_fits(pattern, record) && store_find_name(record->job.name) == record)
            add(candidates, record->id);
}

/*
 * Adds the threads of SELECTION, which is resolved, sorted by id. Returns false, with CALL failed, if a
 * pattern matches no thread, if there is no thread at all, or without memory.
 */
static bool collect(struct call *call, const struct selection *selection,
                    struct candidates *candidates)
{
    for (size_t i = 0; i < selection->count; i++) {
        size_t before = candidates->count;

        if (!selection->selectors[i].pattern)
            add(candidates, selection->selectors[i].id);
        else
            add_matching(candidates, &selection->selectors[i]);
        if (candidates->count == before && !candidates->failed) {
            select_fail(call, &selection->selectors[i], "");
            return false;
        }
    }
    if (selection->count == 0)
        add_matching(candidates, NULL);
    if (candidates->failed)
        return call_fail_memory(call);
    if (candidates->count == 0)
        return call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no thread is live");
    qsort(candidates->ids, candidates->count, sizeof(*candidates->ids), by_id);
    return true;
}

/* Returns the candidate that has ended first, or NULL if all are live. */
static struct record *first_ended(const struct candidates *candidates)
{
    struct record *first = NULL;

    for (size_t i = 0; i < candidates->count; i++) {
        struct record *record = store_find_id(candidates->ids[i]);

        if (!record_is_live(record) && (first == NULL || record->now.ended < first->now.ended))
            first = record;
    }
    return first;
}

/* Acts as join_any_begin() does. CALL has the candidates, which are empty. */
static void begin(struct call *call, const struct selection *selection, double timeout)
{
    struct record *first;

    if (!collect(call, selection, call->state))
        return;
    first = first_ended(call->state);
    if (first != NULL)
        join_reply(call, first);
    else
        call_wait(call, &waiting, timeout, wake_any);
}

void join_any_begin(struct call *call, const json_t *words, double timeout)
{
    struct selection       selection;
    const struct selector *missing;

    if (!selection_parse(call, "any", words, &selection))
        return;
    call->state = calloc(1, sizeof(struct candidates));
    call->release = free_candidates;
    call->expire = expire_any;
    missing = selection_resolve(&selection);
    if (call->state == NULL)
        call_fail_memory(call);
    else if (missing != NULL)
        select_fail(call, missing, "");
    else
        begin(call, &selection, timeout);
    selection_release(&selection);
}
