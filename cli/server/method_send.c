/* The method "send": writes to the input of a thread. */
#include "cli/rpc/bytes.h"
#include "cli/server/input.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"

/* Returns true if RECORD, which is live, can be sent to; otherwise CALL has failed. */
static bool check_input(struct call *call, const struct record *record)
{
    unsigned long long id = record->id;

    if (record->input == NULL)
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "thread '%s' (id %llu) has no open input; start it with --input",
                         record->job.name, id);
    if (viewer_is_to(&call->peer->viewer, record) && !viewer_types(&call->peer->viewer))
        return call_fail(call, PROTOCOL_RUNTIME_ERROR, "another client types in thread '%s'",
                         record->job.name);
    return true;
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL, *text = NULL;
    struct input_bytes bytes = {0};
    struct record     *record;
    double             timeout = -1;
    int                error;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, true},
        {"text", PARAM_ANY, &text, false},
        {"eof", PARAM_BOOLEAN, &bytes.eof, false},
        {"timeout", PARAM_SECONDS, &timeout, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    record = select_live_for_call(call, thread);
    if (record == NULL || !check_input(call, record))
        return;
    error = text != NULL ? bytes_any_from_json(text, &bytes.data, &bytes.size) : 0;
    if (error != 0)
        call_refuse(call, error, "\"text\" must be a string");
    else
        input_send(call, record, &bytes, timeout);
}

const struct method method_send = {.name = "send", .run = run};
