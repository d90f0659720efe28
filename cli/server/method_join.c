/* The method "join": waits until a thread has ended, or is ready. */
#include "cli/rpc/write.h"
#include "cli/server/connection.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/store.h"
#include "cli/server/tail.h"
#include "cli/worker/mailbox.h"

#include <stdio.h>
#include <stdlib.h>

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
    json_t     *tail = tail_of(record, 10);
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
static void run(struct call *call, const json_t *params)
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

const struct method method_join = {"join", run};
