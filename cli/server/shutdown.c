#include "cli/server/shutdown.h"

#include "cli/place/journal.h"
#include "cli/server/arrive.h"
#include "cli/server/store.h"
#include "cli/server/tally.h"

/* The threads that are to end. */
enum shutdown_scope { SCOPE_NONE, SCOPE_DAEMONS, SCOPE_ALL };

static struct call_list        calls = LIST_HEAD_INITIALIZER(calls);
static bool                    has_begun, is_answered;
static enum shutdown_scope     scope;
static const k3thread_exctype *end_type;         /* the exception that ends these threads */
static bool                    some_unasked;     /* a thread of the scope could not be asked yet */
static size_t                  ended_before;     /* how many threads had ended at the beginning */
static size_t                  ended_with_needs; /* tally_ended_with_needs() at the last look */

bool shutdown_has_begun(void)
{
    return has_begun;
}

/* Notes that RECORD could not be asked after all. */
static void ask_again(struct record *record)
{
    record->end_asked = false;
    some_unasked = true;
}

/* Asks RECORD to end, unless it is ending already. */
static void ask(struct record *record)
{
    int error = arrive_end(record, end_type, NULL, ask_again);

    record->end_asked = error == 0 || error == K3THREAD_INVALID_THREAD_ID_ERROR;
}

/*
 * Asks the threads of the scope to end: each thread once, and only after all threads that need it
 * have ended. The newest are asked first: a thread is newer than the threads that it needs, so if
 * it ends at once, they can be asked in the same walk.
 */
static void ask_threads(void)
{
    struct record *record;

    some_unasked = false;
    TAILQ_FOREACH_REVERSE(record, store_all(), record_list, order) {
        if (!record_is_live(record) || record->end_asked || record->needed_by > 0)
            continue;
        if (scope == SCOPE_DAEMONS && !record->job.daemon)
            continue;
        ask(record);
        some_unasked |= !record->end_asked;
    }
}

/* Ends the threads of the larger scope WIDER by TYPE. */
static void widen(enum shutdown_scope wider, const k3thread_exctype *type)
{
    end_type = type;
    scope = wider;
    ask_threads();
}

bool shutdown_advance(void)
{
    if (has_begun && scope == SCOPE_NONE && store_live() > 0 && store_live_normal() == 0)
        widen(SCOPE_DAEMONS, &k3thread_SystemExit);
    else if (scope != SCOPE_NONE && (some_unasked || ended_with_needs != tally_ended_with_needs()))
        ask_threads();
    ended_with_needs = tally_ended_with_needs();
    return !some_unasked;
}

static void answer(struct call *call, struct record *record)
{
    json_int_t ended = (json_int_t) (tally_ended() - ended_before);
    json_t    *unended = tally_unended();

    (void) record;
    if (unended == NULL)
        call_reply(call, json_pack("{s:I}", "ended", ended));
    else
        call_reply(call, json_pack("{s:I, s:O}", "ended", ended, "unended", unended));
}

void shutdown_begin(struct call *call, const k3thread_exctype *end_by)
{
    if (call != NULL)
        call_wait(call, &calls, -1, answer);
    if (!has_begun) {
        journal_write("shutting down, %zu threads are live", store_live());
        ended_before = tally_ended();
    }
    has_begun = true;
    if (end_by != NULL && scope != SCOPE_ALL)
        widen(SCOPE_ALL, end_by);
    (void) shutdown_advance();
    if (is_answered)
        shutdown_answer();
}

bool shutdown_is_complete(void)
{
    return has_begun && store_live() == 0;
}

void shutdown_answer(void)
{
    is_answered = true;
    call_wake(&calls, NULL);
}
