/* The method "join": waits until a thread has ended, is ready or answers a probe, or for the first of several. */
#include "cli/server/join_any.h"
#include "cli/server/join_replies.h"
#include "cli/server/join_until.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/store.h"
#include "cli/worker/mailbox.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Replies to a join without a thread's name. A client that sends start, logs and join together may
 * not have opened the log when this reply is sent. So its thread is kept until the client joins
 * another thread in this way, or disconnects.
 */
static void reply_unnamed(struct call *call, struct record *record)
{
    struct peer *peer = call->peer;

    if (record->keeper == &peer->kept) {
        peer_release(&peer->joined);
        store_hand_on(record, &peer->joined);
    }
    join_reply(call, record);
}

static void wake_join(struct call *call, struct record *record)
{
    if (record_is_live(record))
        call_wait(call, &record->calls, -1, wake_join);
    else
        join_reply(call, record);
}

static void wake_join_unnamed(struct call *call, struct record *record)
{
    if (record_is_live(record))
        call_wait(call, &record->calls, -1, wake_join_unnamed);
    else
        reply_unnamed(call, record);
}

/* Fails a call for a thread that will never be ready. */
static void fail_ready(struct call *call, const struct record *record)
{
    struct text data = {0};
    char       *message = NULL;

    if (asprintf(&message, "thread '%s' (id %llu) ended before it was ready%s%s", record->job.name,
                 (unsigned long long) record->id, record->now.message != NULL ? ": " : "",
                 record->now.message != NULL ? record->now.message : "") < 0)
        message = NULL;
    join_write_failure(&data, record);
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

static void expire_join(struct call *call, const struct record *record)
{
    call_fail(call, PROTOCOL_TIMEOUT_ERROR, "thread '%s' (id %llu) has not ended", record->job.name,
              (unsigned long long) record->id);
}

static void expire_ready(struct call *call, const struct record *record)
{
    const char *awaited = record_waits_for(record);

    call_fail(call, PROTOCOL_TIMEOUT_ERROR, "thread '%s' (id %llu) is not ready%s%s",
              record->job.name, (unsigned long long) record->id,
              awaited != NULL ? ": it waits for " : "", awaited != NULL ? awaited : "");
}

/* Replies when RECORD is ready. Each report of its worker wakes the call. */
static void await_ready(struct call *call, struct record *record, double timeout)
{
    call->expire = expire_ready;
    mailbox_notify(&record->assignment.mail);
    if (record_is_live(record) && !record->now.ready)
        call_wait(call, &record->calls, timeout, wake_ready);
    else
        wake_ready(call, record);
}

/* Replies when RECORD has ended. */
static void await_end(struct call *call, struct record *record, double timeout, bool is_named)
{
    void (*wake)(struct call *, struct record *) = is_named ? wake_join : wake_join_unnamed;

    call->expire = expire_join;
    if (record_is_live(record))
        call_wait(call, &record->calls, timeout, wake);
    else
        wake(call, record);
}

/* Joins THREAD; if that is NULL, the thread of the client's last start. */
static void join_one(struct call *call, const json_t *thread, double timeout, bool ready,
                     const json_t *until)
{
    struct record *record = select_for_call(call, thread);

    if (record == NULL)
        return;
    call->record = record;
    if (until != NULL)
        join_until_begin(call, record, until, timeout);
    else if (ready)
        await_ready(call, record, timeout);
    else
        await_end(call, record, timeout, thread != NULL);
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL, *any = NULL, *until = NULL, *members = NULL;
    double             timeout = -1;
    bool               ready = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, false},
        {"timeout", PARAM_SECONDS, &timeout, false},
        {"ready", PARAM_BOOLEAN, &ready, false},
        {"any", PARAM_ANY, &any, false},
        {"until", PARAM_ANY, &until, false},
        {"members", PARAM_ANY, &members, false},
        {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &call->members))
        return;
    if (any != NULL && (thread != NULL || ready || until != NULL))
        call_fail(call, PROTOCOL_VALUE_ERROR,
                  "\"any\" goes with none of \"thread\", \"ready\" and \"until\"");
    else if (ready && until != NULL)
        call_fail(call, PROTOCOL_VALUE_ERROR, "\"until\" does not go with \"ready\"");
    else if (any == NULL)
        join_one(call, thread, timeout, ready, until);
    else
        join_any_begin(call, any, timeout);
}

const struct method method_join = {.name = "join", .run = run, .only_answers = true};
