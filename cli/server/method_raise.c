/* The method "raise": raises an exception in one thread, or in several. */
#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/write.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/raise_failure.h"
#include "cli/server/select.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"

#include <stdlib.h>
#include <string.h>

/* The exception to raise. */
struct raise {
    const k3thread_exctype *type;
    char                   *message;
};

static void reply_raised(struct call *call, const struct record *record)
{
    struct text raised = {0};

    text_byte(&raised, '[', 1);
    record_write(&raised, record, call->members);
    text_byte(&raised, ']', 1);
    call_reply_written(call, &raised);
}

/* Raises in the thread that SELECTOR names. */
static void raise_in_one(struct call *call, const struct selector *selector,
                         const struct raise *raise)
{
    struct record *record = select_one(selector);
    int            error;

    if (record == NULL || !record_is_live(record)) {
        select_fail(call, selector, "live");
        return;
    }
    error = threads_raise(record, raise->type, raise->message);
    if (error == K3THREAD_INVALID_THREAD_ID_ERROR)
        select_fail(call, selector, "live");
    else if (error != 0)
        raise_failure_reply(call, record, error);
    else
        reply_raised(call, record);
}

/*
 * Raises in all matching threads (SELECTOR NULL: in all threads). Skips a thread that has ended
 * meanwhile. If a thread cannot take the exception, the call fails, but only after all were tried.
 */
static void raise_in_all(struct call *call, const struct selector *selector,
                         const struct raise *raise)
{
    struct text          raised = {0};
    const struct record *failed = NULL;
    int                  why = 0;
    struct record       *record;

    text_byte(&raised, '[', 1);
    TAILQ_FOREACH(record, store_all(), order) {
        int error;

        if (!record_is_live(record) || (selector != NULL && !select_fits(selector, record)))
            continue;
        error = threads_raise(record, raise->type, raise->message);
        if (error == 0) {
            write_comma(&raised);
            record_write(&raised, record, call->members);
        } else if (error != K3THREAD_INVALID_THREAD_ID_ERROR) {
            failed = record;
            why = error;
        }
    }
    text_byte(&raised, ']', 1);
    if (failed != NULL) {
        raise_failure_reply(call, failed, why);
    } else if (selector != NULL && raised.size == strlen("[]")) {
        select_fail(call, selector, "live");
    } else {
        call_reply_written(call, &raised);
        return;
    }
    text_release(&raised);
}

static bool parse_exception(struct call *call, const char *name, struct raise *raise)
{
    raise->type = exceptions_find(name);
    if (raise->type == NULL)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "no exception is named '%.64s'", name);
    return true;
}

static bool parse_message(struct call *call, const json_t *message, struct raise *raise)
{
    int error = message != NULL ? bytes_from_json(message, &raise->message) : 0;

    return error == 0 || call_refuse(call, error, "\"message\" must be a string");
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL, *message = NULL, *members = NULL;
    const char        *exception = "SystemExit";
    struct selector    selector = {0};
    struct raise       raise = {0};
    bool               all = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, false},          {"all", PARAM_BOOLEAN, &all, false},
        {"exception", PARAM_STRING, &exception, false}, {"message", PARAM_ANY, &message, false},
        {"members", PARAM_ANY, &members, false},        {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &call->members) ||
        !parse_exception(call, exception, &raise) || !parse_message(call, message, &raise))
        return;
    if ((thread != NULL) == all)
        call_fail(call, PROTOCOL_TYPE_ERROR, "give either \"thread\" or \"all\"");
    else if (all)
        raise_in_all(call, NULL, &raise);
    else if (select_parse(call, thread, &selector)) {
        if (selector.pattern)
            raise_in_all(call, &selector, &raise);
        else
            raise_in_one(call, &selector, &raise);
    }
    select_release(&selector);
    free(raise.message);
}

const struct method method_raise = {"raise", run};
