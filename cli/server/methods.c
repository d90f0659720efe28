#include "cli/server/methods.h"

#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/write.h"
#include "cli/server/connection.h"
#include "cli/server/events.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/server.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"
#include "cli/worker/mailbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct method methods[] = {
    {"start", method_start},
    {"list", method_list},
    {"raise", method_raise},
    {"join", method_join},
    {"logs", method_logs},
    {"clear", method_clear},
    {"exceptions", method_exceptions},
    {"shutdown", method_shutdown},
    {"version", method_version},
    {"watch", method_watch},
};

const struct method *methods_find(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

/* The sum of what BIT makes of each of NAMES. 0 if one is unknown, or they are no list. */
static unsigned sum(const json_t *names, unsigned (*bit)(const char *name))
{
    const json_t *name;
    size_t        i;
    unsigned      bits = 0;

    json_array_foreach((json_t *) names, i, name) {
        unsigned one = bit(json_string_value(name));

        if (one == 0)
            return 0;
        bits |= one;
    }
    return bits;
}

bool params_members(struct call *call, const json_t *names, unsigned *ret)
{
    unsigned members = names == NULL ? RECORD_ALL_MEMBERS : sum(names, record_member);

    if (members == 0)
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "\"members\" must be a list of a thread's members");
    *ret = members;
    return true;
}

/* What to raise. */
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

static void fail_raise(struct call *call, const struct record *record, int error)
{
    if (error == -EPERM)
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR,
                  "process %d of thread '%s' may not be signalled: %s", (int) record->now.pid,
                  record->job.name, strerrordesc_np(EPERM));
    else
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR,
                  "thread '%s' has more raises pending than it can hold", record->job.name);
}

/* Raises in the one thread that SELECTOR names. */
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
        fail_raise(call, record, error);
    else
        reply_raised(call, record);
}

/*
 * Raises in all that fit (SELECTOR NULL: in all). One that ended meanwhile is passed over; the
 * first that could not take it makes the call fail, after all have been tried.
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
        fail_raise(call, failed, why);
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

void method_raise(struct call *call, const json_t *params)
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
        call_fail(call, PROTOCOL_TYPE_ERROR, "either \"thread\" or \"all\" says in which");
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

/*
 * A client that sends start, logs and join together may not have opened the log yet. So a thread that
 * it kept and joins without its name stays kept, until the client joins another one so, or goes.
 */
static void reply_joined(struct call *call, struct record *record)
{
    struct connection *connection = call->connection;

    if (call->unnamed && record->keeper == &connection->kept) {
        connection_release(&connection->told);
        store_hand_on(record, &connection->kept, &connection->told);
    }
    store_let_go(record, &connection->kept);
    call_reply_record(call, record);
    store_joined(record);
}

static void wake_join(struct call *call, struct record *record)
{
    if (record_is_live(record))
        call_wait(call, &record->calls, -1, wake_join);
    else
        reply_joined(call, record);
}

/* It will never be ready: the last lines that it printed may say why. */
static void fail_ready(struct call *call, const struct record *record)
{
    struct text data = {0};
    json_t     *tail = log_tail(record, 10);
    char       *message = NULL;

    if (asprintf(&message, "thread '%s' (id %llu) ended before it was ready%s%s", record->job.name,
                 (unsigned long long) record->id, record->now.message != NULL ? ": " : "",
                 record->now.message != NULL ? record->now.message : "") < 0)
        message = NULL;
    write_name(&data, "thread");
    record_write(&data, record, RECORD_ALL_MEMBERS);
    write_name(&data, "tail");
    write_json(&data, tail);
    json_decref(tail);
    call_fail_with(call, PROTOCOL_NOT_READY_ERROR, message != NULL ? message : "not ready", &data);
    free(message);
}

static void wake_ready(struct call *call, struct record *record)
{
    if (record->now.ready)
        call_reply_record(call, record);
    else if (record_is_live(record))
        call_wait(call, &record->calls, -1, wake_ready);
    else
        fail_ready(call, record);
}

static void fail_late(struct call *call, const struct record *record)
{
    bool        wants_ready = call->wake == wake_ready;
    const char *awaited = wants_ready ? record_waits_for(record) : NULL;

    call_fail(call, PROTOCOL_TIMEOUT_ERROR, "thread '%s' (id %llu) %s%s%s", record->job.name,
              (unsigned long long) record->id, wants_ready ? "is not ready" : "has not ended",
              awaited != NULL ? ": it waits for " : "", awaited != NULL ? awaited : "");
}

/* Waits for the end, or with "ready" until it is ready: till then the call is woken at each report. */
void method_join(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL, *members = NULL;
    struct record     *record;
    double             timeout = -1;
    bool               ready = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, false},
        {"timeout", PARAM_NUMBER, &timeout, false},
        {"ready", PARAM_BOOLEAN, &ready, false},
        {"members", PARAM_ANY, &members, false},
        {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &call->members))
        return;
    record = select_for_call(call, thread);
    if (record == NULL)
        return;
    call->record = record;
    call->unnamed = thread == NULL;
    call->expire = fail_late;
    if (ready)
        mailbox_notify(&record->assignment.mail);
    if (record_is_live(record) && !(ready && record->now.ready))
        call_wait(call, &record->calls, timeout, ready ? wake_ready : wake_join);
    else if (ready)
        wake_ready(call, record);
    else
        reply_joined(call, record);
}

void method_clear(struct call *call, const json_t *params)
{
    struct record *record, *next;
    json_int_t     cleared = 0;

    if (!params_take(call, params, NULL))
        return;
    for (record = TAILQ_FIRST(store_all()); record != NULL; record = next) {
        next = TAILQ_NEXT(record, order);
        if (record_is_live(record) || record->keeper != NULL)
            continue;
        store_forget(record);
        cleared++;
    }
    call_reply(call, json_pack("{s:I}", "cleared", cleared));
}

static json_t *exception_to_json(const k3thread_exctype *type)
{
    int signal = exceptions_signal(type);

    return json_pack("{s:s, s:s?, s:o}", "name", type->name, "base",
                     type->base != NULL ? type->base->name : NULL, "signal",
                     signal != 0 ? json_integer(signal) : json_null());
}

void method_exceptions(struct call *call, const json_t *params)
{
    json_t *array;

    if (!params_take(call, params, NULL))
        return;
    array = json_array();
    for (size_t i = 0; exceptions_at(i) != NULL; i++)
        json_array_append_new(array, exception_to_json(exceptions_at(i)));
    call_reply(call, array);
}

void method_shutdown(struct call *call, const json_t *params)
{
    bool                    now = false;
    const char             *exception = "SystemExit";
    const k3thread_exctype *type;
    const struct param      wanted[] = {
             {"now", PARAM_BOOLEAN, &now, false}, {"exception", PARAM_STRING, &exception, false}, {0}};

    if (!params_take(call, params, wanted))
        return;
    type = exceptions_find(exception);
    if (type == NULL || exceptions_signal(type) != 0)
        call_fail(call, PROTOCOL_VALUE_ERROR, "no exception that ends a thread is named '%.64s'",
                  exception);
    else
        server_shutdown(call, now ? type : NULL);
}

/* Which events are wanted: all, or those in the list NAMES. */
static bool parse_events(struct call *call, const json_t *names, unsigned *ret)
{
    unsigned events = names == NULL ? EVENTS_ALL : sum(names, events_bit);

    if (events == 0)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "\"events\" must be a list of events' names");
    *ret = events;
    return true;
}

void method_watch(struct call *call, const json_t *params)
{
    struct connection *connection = call->connection;
    const json_t      *members = NULL, *events = NULL;
    struct watch       watch;
    const struct param wanted[] = {
        {"members", PARAM_ANY, &members, false},
        {"events", PARAM_ANY, &events, false},
        {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &watch.members) ||
        !parse_events(call, events, &watch.events))
        return;
    call_reply(call, json_pack("{s:b, s:o}", "watching", 1, "logs", bytes_to_json(server_logs())));
    if (watch.events & ~(events_bit("created") | events_bit("restarted") | events_bit("ended")))
        mailbox_notify_all();
    events_watch(connection, &watch);
}

void method_version(struct call *call, const json_t *params)
{
    if (params_take(call, params, NULL))
        call_reply(call, json_pack("{s:s, s:i, s:i, s:i}", "version", K3THREAD_VERSION, "protocol",
                                   PROTOCOL_VERSION, "pid", (int) getpid(), "guardian",
                                   (int) server_guardian()));
}
