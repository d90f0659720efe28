/* The method "raise": raises an exception in one thread, or in several. */
#include "cli/base/exceptions.h"
#include "cli/base/suggest.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/write.h"
#include "cli/server/arrive.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A raise, until each thread has the exception or has refused it. */
struct raising {
    struct call        *call; /* NULL: the client has gone */
    struct selector     selector;
    bool                all; /* in all threads: there is no selector */
    char               *exception, *message;
    size_t              under_way; /* threads that have not replied, and one more while it begins */
    struct text         raised;    /* the threads that have the exception */
    char               *failure;   /* NULL: no thread has refused it */
    enum protocol_error code;      /* of the failure */
};

static void free_raising(struct raising *raising)
{
    select_release(&raising->selector);
    text_release(&raising->raised);
    free(raising->exception);
    free(raising->message);
    free(raising->failure);
    free(raising);
}

/* Fails the call of RAISING, which has reached no thread. */
static void fail_missing(struct raising *raising)
{
    const struct selector *selector = &raising->selector;
    const struct record   *record = selector->pattern ? NULL : select_one(selector);

    if (selector->inner == NULL || record == NULL || !record_is_live(record))
        select_fail(raising->call, selector, "live");
    else
        call_fail(raising->call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no live thread fits '%s/%s'",
                  record->job.name, selector->inner);
}

/* Replies, if there is a client left to reply to. */
static void reply(struct raising *raising)
{
    struct call *call = raising->call;

    text_byte(&raising->raised, ']', 1);
    call->release = NULL;
    if (raising->failure != NULL)
        call_fail(call, raising->code, "%s", raising->failure);
    else if (!raising->all && raising->raised.size == strlen("[]"))
        fail_missing(raising);
    else
        call_reply_written(call, &raising->raised);
}

/* Notes that a thread, or the beginning, is done with RAISING. When all are done, replies and frees RAISING. */
static void end_one(struct raising *raising)
{
    if (--raising->under_way > 0)
        return;
    if (raising->call != NULL)
        reply(raising);
    free_raising(raising);
}

/* Notes why a thread has refused the exception. The reply is the last of these reasons. */
__attribute__((format(printf, 3, 4))) static void note_failure(struct raising     *raising,
                                                               enum protocol_error code,
                                                               const char         *format, ...)
{
    char   *failure = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&failure, format, arguments) < 0)
        failure = NULL;
    va_end(arguments);
    free(raising->failure);
    raising->failure = failure;
    raising->code = failure != NULL ? code : PROTOCOL_INTERNAL_ERROR;
    if (failure == NULL)
        raising->failure = strdup("out of memory");
}

static void note_raised(struct raising *raising, const struct record *record,
                        const struct arrival *arrival)
{
    write_comma(&raising->raised);
    if (raising->selector.inner != NULL && arrival->inner != 0)
        inner_write_raised(&raising->raised, record, arrival->inner, arrival->name);
    else if (raising->call != NULL)
        record_write(&raising->raised, record, raising->call->members);
}

/* Returns true if RAISING is for exactly one thread. */
static bool is_for_one(const struct raising *raising)
{
    const struct selector *selector = &raising->selector;

    return !raising->all && !selector->pattern &&
           (selector->inner == NULL ||
            (selector->inner[0] != '\0' && !store_is_pattern(selector->inner)));
}

/* Takes the result of one thread. A thread of several that has ended meanwhile is left out. */
static void take_result(void *context, struct record *record, const struct arrival *arrival)
{
    struct raising *raising = context;
    bool            missing = arrival->code == PROTOCOL_INVALID_THREAD_ID_ERROR;

    if (arrival->how == ARRIVAL_DONE)
        note_raised(raising, record, arrival);
    else if (!missing)
        note_failure(raising, arrival->code, "%s", arrival->why);
    else if (is_for_one(raising) && raising->selector.inner != NULL)
        note_failure(raising, arrival->code, "no live thread '%s/%s'", record->job.name,
                     raising->selector.inner);
    else if (is_for_one(raising) && record->attachment != NULL)
        note_failure(raising, arrival->code, "the main thread of thread '%s' has ended",
                     record->job.name);
    end_one(raising);
}

/* Notes that RECORD knows no exception of that name. */
static void note_unknown(struct raising *raising, const struct record *record)
{
    struct suggestion       suggestion = {.word = raising->exception};
    const k3thread_exctype *type;

    for (size_t i = 0; (type = exceptions_at(i)) != NULL; i++)
        suggest_consider(&suggestion, type->name);
    for (size_t i = 0; (type = attachment_type_at(record->attachment, i)) != NULL; i++)
        suggest_consider(&suggestion, type->name);
    if (suggestion.nearest != NULL)
        note_failure(raising, PROTOCOL_VALUE_ERROR, "no exception '%.64s'; did you mean '%s'?",
                     raising->exception, suggestion.nearest);
    else
        note_failure(raising, PROTOCOL_VALUE_ERROR,
                     "no exception '%.64s'; \"k3thread exceptions\" lists them, and an attached "
                     "process may publish others",
                     raising->exception);
}

/* Returns the type of the exception for RECORD; or NULL, with the failure noted, if it cannot be raised there. */
static const k3thread_exctype *find_type(struct raising *raising, const struct record *record)
{
    const k3thread_exctype *type = exceptions_find(raising->exception);

    if (type == NULL)
        type = attachment_find_type(record->attachment, raising->exception);
    if (type == NULL) {
        note_unknown(raising, record);
    } else if (raising->selector.inner != NULL && exceptions_signal(type) != 0) {
        note_failure(raising, PROTOCOL_VALUE_ERROR,
                     "%s is a signal: it is for thread '%s', not for a thread inside its process",
                     type->name, record->job.name);
        return NULL;
    }
    return type;
}

/* Raises in RECORD, or in the thread INNER of its process. */
static void raise_in(struct raising *raising, struct record *record, const char *inner,
                     const k3thread_exctype *type)
{
    raising->under_way++;
    arrive_raise(record, inner, type, raising->message, take_result, raising);
}

/* Raises in the threads inside RECORD's process that the pattern means. */
static void raise_in_fitting(struct raising *raising, struct record *record,
                             const k3thread_exctype *type)
{
    const struct inner_list *threads = attachment_threads(record->attachment);
    char                     id[24];

    for (size_t i = 0; i < threads->count; i++)
        if (inner_fits(threads->threads[i], raising->selector.inner)) {
            (void) snprintf(id, sizeof(id), "%llu", (unsigned long long) threads->threads[i]->id);
            raise_in(raising, record, id, type);
        }
}

/* Raises in RECORD, or in the threads inside its process, as the selector says. */
static void raise_in_record(struct raising *raising, struct record *record)
{
    const char             *inner = raising->selector.inner;
    const k3thread_exctype *type;

    if (inner != NULL && record->attachment == NULL) {
        if (!raising->selector.pattern)
            note_failure(raising, PROTOCOL_INVALID_THREAD_ID_ERROR,
                         "no live thread '%s/%s': no process of '%s' is attached", record->job.name,
                         inner, record->job.name);
        return;
    }
    type = find_type(raising, record);
    if (type == NULL)
        return;
    if (inner != NULL && (inner[0] == '\0' || store_is_pattern(inner)))
        raise_in_fitting(raising, record, type);
    else
        raise_in(raising, record, inner, type);
}

/* Raises in all threads that RAISING is for. */
static void begin(struct raising *raising)
{
    struct record *record;

    if (!raising->all && !raising->selector.pattern) {
        record = select_one(&raising->selector);
        if (record != NULL && record_is_live(record))
            raise_in_record(raising, record);
        return;
    }
    TAILQ_FOREACH(record, store_all(), order)
        if (record_is_live(record) && (raising->all || select_fits(&raising->selector, record)))
            raise_in_record(raising, record);
}

/* Notes that the call of the raise in STATE has ended without a reply. */
static void lose_call(void *state)
{
    ((struct raising *) state)->call = NULL;
}

static bool parse_message(struct call *call, const json_t *message, struct raising *raising)
{
    int error = message != NULL ? bytes_from_json(message, &raising->message) : 0;

    return error == 0 || call_refuse(call, error, "\"message\" must be a string");
}

/* Reads the words. Returns false with CALL failed. */
static bool parse(struct call *call, const json_t *thread, const char *exception,
                  const json_t *message, struct raising *raising)
{
    raising->exception = strdup(exception);
    if (raising->exception == NULL)
        return call_fail_memory(call);
    if (!parse_message(call, message, raising))
        return false;
    if ((thread != NULL) == raising->all)
        return call_fail(call, PROTOCOL_TYPE_ERROR, "give either \"thread\" or \"all\"");
    return raising->all || select_parse_inner(call, thread, &raising->selector);
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL, *message = NULL, *members = NULL;
    const char        *exception = "SystemExit";
    struct raising    *raising = calloc(1, sizeof(*raising));
    bool               all = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, false},          {"all", PARAM_BOOLEAN, &all, false},
        {"exception", PARAM_STRING, &exception, false}, {"message", PARAM_ANY, &message, false},
        {"members", PARAM_ANY, &members, false},        {0},
    };

    if (raising == NULL) {
        call_fail_memory(call);
        return;
    }
    if (!params_take(call, params, wanted) || !params_members(call, members, &call->members)) {
        free_raising(raising);
        return;
    }
    raising->all = all;
    if (!parse(call, thread, exception, message, raising)) {
        free_raising(raising);
        return;
    }
    raising->call = call;
    raising->under_way = 1;
    text_byte(&raising->raised, '[', 1);
    call->state = raising;
    call->release = lose_call;
    begin(raising);
    end_one(raising);
}

const struct method method_raise = {.name = "raise", .run = run};
