/* The method "start": starts a thread. */
#include "cli/base/file_watch.h"
#include "cli/base/refused_call.h"
#include "cli/process/limits.h"
#include "cli/rpc/write.h"
#include "cli/server/leash.h"
#include "cli/server/method.h"
#include "cli/server/param_limits.h"
#include "cli/server/shutdown.h"
#include "cli/server/start_failure.h"
#include "cli/server/start_params.h"
#include "cli/server/store.h"
#include "cli/server/terminal_join.h"
#include "cli/server/threads.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

#include <string.h>

/* Replies with the thread, and with the limits that the command could not be given, if any. */
static void reply_record(struct call *call, const struct record *record)
{
    struct text text = {0};

    record_write(&text, record, call->members);
    if (record->now.missed != 0 && text.size > 0 && !text.failed) {
        text.size--; /* removes the brace */
        write_name(&text, "limited");
        param_limits_write_names(&text, record->now.missed);
        text_byte(&text, '}', 1);
    }
    call_reply_written(call, &text);
}

static void reply_started(struct call *call, struct record *record)
{
    if (record->now.error == 0) {
        reply_record(call, record);
        return;
    }
    store_let_go(record, &call->peer->kept); /* no client joins a thread that failed to start */
    start_failure_reply(call, record);
}

/* Replies once a report of the worker says how the start went. */
static void wake_start(struct call *call, struct record *record)
{
    if (record->now.runs == 0 && record_is_live(record))
        call_wait(call, &record->calls, -1, wake_start);
    else
        reply_started(call, record);
}

static void fail_thread(struct call *call, int error)
{
    struct text words = {0};

    text_add(&words, strerror(-error));
    limits_explain(&words, -error);
    refused_call_explain(&words, error);
    call_fail(call, PROTOCOL_OS_ERROR, "cannot start a thread: %.*s", (int) words.size, words.data);
    text_release(&words);
}

/* Attaches the client to RECORD. Returns false, with CALL failed, if RECORD, which was found, has no terminal. */
static bool attach(struct call *call, const struct start_params *params, struct record *record)
{
    bool                       is_new = params->present == NULL;
    const struct job          *job = is_new ? &record->job : &params->job;
    const struct terminal_wish wish = {.size = {.rows = job->rows, .columns = job->columns},
                                       .is_new = is_new};

    return terminal_join(call, record, &wish);
}

/* Replies with RECORD, whose thread was started or found: once its command runs, or must wait. */
static void reply_begun(struct call *call, const struct start_params *params, struct record *record)
{
    if (params->attach && !attach(call, params, record))
        return;
    call->peer->started = record->id;
    if (params->keep && record->keeper == NULL)
        store_keep(record, &call->peer->kept);
    if (record->now.state != STATE_RUNNING || record->now.runs > 0) {
        reply_started(call, record);
        return;
    }
    mailbox_notify(&record->assignment.mail);
    call_wait(call, &record->calls, -1, wake_start);
    if (call->chained && params->hold)
        call_hold(call);
}

static void start_job(struct call *call, struct start_params *params)
{
    struct record *record;
    int            error;

    if (shutdown_has_begun()) {
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "the supervisor is shutting down");
        return;
    }
    record = store_add(&params->job, logs_directory());
    if (record == NULL) {
        call_fail_memory(call);
        return;
    }
    if (params->leash != NULL)
        leash_put(params->leash, record);
    params->leash = NULL;
    if (record->job.log_limit > 0 || record->job.ready != NULL)
        file_watch_begin();
    error = threads_begin(record);
    if (error != 0)
        fail_thread(call, error);
    else
        reply_begun(call, params, record);
}

static void start_or_find(struct call *call, struct start_params *params)
{
    if (params->present != NULL)
        reply_begun(call, params, params->present);
    else
        start_job(call, params);
}

/* Chains the call if the request says so, even if its other parameters turn out to be wrong. */
static void begin_chain(struct call *call, const json_t *params)
{
    if (json_is_true(json_object_get(params, "chained")))
        call_chain(call);
    else
        call->peer->chain_broken = false;
}

static void run(struct call *call, const json_t *params)
{
    struct start_params start = {0};

    begin_chain(call, params);
    call->peer->started = 0;
    if (call->peer->chain_broken)
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "an earlier start of its chain failed");
    else if (start_params_read(call, params, &start))
        start_or_find(call, &start);
    start_params_release(&start);
}

const struct method method_start = {.name = "start", .run = run};
