#include "cli/supervisor/methods.h"

#include "cli/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/supervisor/connection.h"
#include "cli/supervisor/params.h"
#include "cli/supervisor/select.h"
#include "cli/supervisor/server.h"
#include "cli/supervisor/events.h"
#include "cli/supervisor/store.h"
#include "cli/supervisor/threads.h"

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

/* Parses all words of a list. Returns false, with CALL failed and nothing to free. */
static bool parse_selectors(struct call *call, const json_t *words, struct selector **ret)
{
    size_t           count = json_array_size(words);
    struct selector *selectors = calloc(count + 1, sizeof(*selectors));

    if (selectors == NULL || (words != NULL && !json_is_array(words))) {
        free(selectors);
        call_fail(call, PROTOCOL_TYPE_ERROR, "\"threads\" must be a list of threads");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!select_parse(call, json_array_get(words, i), &selectors[i])) {
            while (i-- > 0)
                select_release(&selectors[i]);
            free(selectors);
            return false;
        }
    *ret = selectors;
    return true;
}

static bool fits_any(const struct selector *selectors, size_t count, const struct record *record)
{
    for (size_t i = 0; i < count; i++)
        if (select_fits(&selectors[i], record))
            return true;
    return count == 0;
}

/* A name or an id that no thread has is an error; a pattern may fit nothing. */
static const struct selector *find_missing(const struct selector *selectors, size_t count,
                                           bool live)
{
    for (size_t i = 0; i < count; i++) {
        const struct record *record = selectors[i].pattern ? NULL : select_one(&selectors[i]);

        if (!selectors[i].pattern && (record == NULL || (live && !record_is_live(record))))
            return &selectors[i];
    }
    return NULL;
}

/* The one record that fits, where that can be told without a look at all; or NULL. */
static const struct record *find_only(const struct selector *selectors, size_t count)
{
    if (count != 1 || selectors[0].pattern)
        return NULL;
    if (selectors[0].name != NULL)
        return store_find_only(selectors[0].name);
    return store_find_id(selectors[0].id);
}

static json_t *list_records(const struct selector *selectors, size_t count, bool live,
                            unsigned members)
{
    const struct record *only = find_only(selectors, count);
    const struct record *record = only != NULL ? only : TAILQ_FIRST(store_all());
    json_t              *array = json_array();

    for (; record != NULL; record = only != NULL ? NULL : TAILQ_NEXT(record, order))
        if ((!live || record_is_live(record)) && fits_any(selectors, count, record) &&
            json_array_append_new(array, record_members_to_json(record, members)) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

bool params_members(struct call *call, const json_t *names, unsigned *ret)
{
    const json_t *name;
    size_t        i;

    *ret = RECORD_ALL_MEMBERS;
    if (names == NULL)
        return true;
    *ret = 0;
    json_array_foreach((json_t *) names, i, name) {
        unsigned member = record_member(json_string_value(name));

        *ret |= member;
        if (member == 0)
            break;
    }
    if (*ret != 0 && i == json_array_size(names))
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR, "\"members\" must be a list of a thread's members");
    return false;
}

void method_list(struct call *call, const json_t *params)
{
    const json_t          *words = NULL, *names = NULL;
    struct selector       *selectors;
    const struct selector *missing;
    size_t                 count;
    unsigned               members;
    bool                   live = false;
    const struct param     wanted[] = {
            {"threads", PARAM_ANY, &words, false},
            {"live", PARAM_BOOLEAN, &live, false},
            {"members", PARAM_ANY, &names, false},
            {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, names, &members) ||
        !parse_selectors(call, words, &selectors))
        return;
    count = json_array_size(words);
    missing = find_missing(selectors, count, live);
    if (missing != NULL)
        select_fail(call, missing, live ? "live" : "");
    else
        call_reply(call, list_records(selectors, count, live, members));
    for (size_t i = 0; i < count; i++)
        select_release(&selectors[i]);
    free(selectors);
}

/* What to raise. */
struct raise {
    const k3thread_exctype *type;
    char                   *message;
};

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
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR,
                  "thread '%s' has more raises pending than it can hold", record->job.name);
    else
        call_reply(call, json_pack("[o]", record_to_json(record)));
}

/*
 * Raises in all that fit (SELECTOR NULL: in all). One that ended meanwhile is passed over; the
 * first that could not take it makes the call fail, after all have been tried.
 */
static void raise_in_all(struct call *call, const struct selector *selector,
                         const struct raise *raise)
{
    json_t              *raised = json_array();
    const struct record *full = NULL;
    struct record       *record;

    TAILQ_FOREACH(record, store_all(), order) {
        int error;

        if (!record_is_live(record) || (selector != NULL && !select_fits(selector, record)))
            continue;
        error = threads_raise(record, raise->type, raise->message);
        if (error == 0)
            json_array_append_new(raised, record_to_json(record));
        else if (error != K3THREAD_INVALID_THREAD_ID_ERROR)
            full = record;
    }
    if (full != NULL) {
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR,
                  "thread '%s' has more raises pending than it can hold", full->job.name);
    } else if (selector != NULL && json_array_size(raised) == 0) {
        select_fail(call, selector, "live");
    } else {
        call_reply(call, raised);
        return;
    }
    json_decref(raised);
}

static bool parse_exception(struct call *call, const char *name, struct raise *raise)
{
    raise->type = exceptions_find(name);
    if (raise->type == NULL)
        call_fail(call, PROTOCOL_VALUE_ERROR, "no exception is named '%.64s'", name);
    return raise->type != NULL;
}

static bool parse_message(struct call *call, const json_t *message, struct raise *raise)
{
    int error = message != NULL ? bytes_from_json(message, &raise->message) : 0;

    return error == 0 || call_refuse(call, error, "\"message\" must be a string");
}

void method_raise(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL, *message = NULL;
    const char        *exception = "SystemExit";
    struct selector    selector = {0};
    struct raise       raise = {0};
    bool               all = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, false},
        {"all", PARAM_BOOLEAN, &all, false},
        {"exception", PARAM_STRING, &exception, false},
        {"message", PARAM_ANY, &message, false},
        {0},
    };

    if (!params_take(call, params, wanted) || !parse_exception(call, exception, &raise) ||
        !parse_message(call, message, &raise))
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

static void reply_joined(struct call *call, struct record *record)
{
    call_reply(call, record_to_json(record));
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
    json_t *data =
        json_pack("{s:o, s:o}", "thread", record_to_json(record), "tail", log_tail(record, 10));
    char *message = NULL;

    if (asprintf(&message, "thread '%s' (id %llu) ended before it was ready", record->job.name,
                 (unsigned long long) record->id) < 0)
        message = NULL;
    call_fail_with(call, PROTOCOL_NOT_READY_ERROR, message != NULL ? message : "not ready", data);
    free(message);
}

static void wake_ready(struct call *call, struct record *record)
{
    if (record->now.ready)
        call_reply(call, record_to_json(record));
    else if (record_is_live(record))
        call_wait(call, &record->calls, -1, wake_ready);
    else
        fail_ready(call, record);
}

static void fail_late(struct call *call, const struct record *record)
{
    call_fail(call, PROTOCOL_TIMEOUT_ERROR, "thread '%s' (id %llu) %s", record->job.name,
              (unsigned long long) record->id,
              call->wake == wake_ready ? "is not ready" : "has not ended");
}

/* Waits for the end, or with "ready" until it is ready: till then the call is woken at each report. */
void method_join(struct call *call, const json_t *params)
{
    const json_t      *thread;
    struct record     *record;
    double             timeout = -1;
    bool               ready = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, true},
        {"timeout", PARAM_NUMBER, &timeout, false},
        {"ready", PARAM_BOOLEAN, &ready, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    record = select_for_call(call, thread);
    if (record == NULL)
        return;
    call->record = record;
    call->expire = fail_late;
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
        if (record_is_live(record))
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
    bool               now = false;
    const struct param wanted[] = {{"now", PARAM_BOOLEAN, &now, false}, {0}};

    if (params_take(call, params, wanted))
        server_shutdown(call, now);
}

/* Which events are wanted: all, or those in the list NAMES. */
static bool parse_events(struct call *call, const json_t *names, unsigned *ret)
{
    const json_t *name;
    size_t        i;

    *ret = EVENTS_ALL;
    if (names == NULL)
        return true;
    *ret = 0;
    json_array_foreach((json_t *) names, i, name) {
        unsigned event = events_bit(json_string_value(name));

        *ret |= event;
        if (event == 0)
            break;
    }
    if (*ret != 0 && i == json_array_size(names))
        return true;
    call_fail(call, PROTOCOL_VALUE_ERROR, "\"events\" must be a list of events' names");
    return false;
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
    call_reply(call, json_pack("{s:b}", "watching", 1));
    events_watch(connection, &watch);
}

void method_version(struct call *call, const json_t *params)
{
    if (params_take(call, params, NULL))
        call_reply(call, json_pack("{s:s, s:i, s:i, s:i}", "version", K3THREAD_VERSION, "protocol",
                                   PROTOCOL_VERSION, "pid", (int) getpid(), "guardian",
                                   (int) server_guardian()));
}
