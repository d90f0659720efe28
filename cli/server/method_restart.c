/* The method "restart": ends the command of a thread and runs it again, also of a thread that has ended. */
#include "cli/server/arrive.h"
#include "cli/server/leash.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/raise_failure.h"
#include "cli/server/select.h"
#include "cli/server/shutdown.h"
#include "cli/server/start_failure.h"
#include "cli/server/store.h"
#include "cli/worker/mailbox.h"

/* Fails a call for a thread that has ended, and whose command did not begin again. */
static void fail_restart(struct call *call, const struct record *record)
{
    if (record->now.error != 0 || record->now.message != NULL)
        start_failure_reply(call, record);
    else
        call_fail(call, PROTOCOL_RUNTIME_ERROR,
                  "thread '%s' (id %llu) was ended before its command ran again", record->job.name,
                  (unsigned long long) record->id);
}

static void wake_restart(struct call *call, struct record *record)
{
    if (record->rerun == RERUN_NONE)
        call_reply_record(call, record);
    else if (record->rerun == RERUN_FAILED)
        fail_restart(call, record);
    else
        call_wait(call, &record->calls, -1, wake_restart);
}

/* Returns true if RECORD may run again; otherwise CALL has failed. */
static bool check_restart(struct call *call, const struct record *record)
{
    const struct record *namesake = store_find_name(record->job.name);

    if (shutdown_has_begun())
        return call_fail(call, PROTOCOL_RUNTIME_ERROR, "the supervisor is shutting down");
    if (leash_has_snapped(record))
        return call_fail(call, PROTOCOL_RUNTIME_ERROR,
                         "thread '%s' (id %llu) does not run again: %s", record->job.name,
                         (unsigned long long) record->id, leash_message(record));
    if (namesake == record || namesake == NULL || !record_is_live(namesake))
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR,
                     "a live thread is named '%s' already, its id is %llu", record->job.name,
                     (unsigned long long) namesake->id);
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL, *members = NULL;
    struct record     *record;
    int                error;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, true}, {"members", PARAM_ANY, &members, false}, {0}};

    if (!params_take(call, params, wanted) || !params_members(call, members, &call->members))
        return;
    record = select_for_call(call, thread);
    if (record == NULL || !check_restart(call, record))
        return;
    mailbox_notify(&record->assignment.mail);
    error = arrive_restart(record);
    if (error != 0)
        raise_failure_reply(call, record, error);
    else
        wake_restart(call, record);
}

const struct method method_restart = {.name = "restart", .run = run};
