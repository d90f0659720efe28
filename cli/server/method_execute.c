/*
 * The methods "execute", "end" and "resize", which an agent's supervisor has: by them the worker of a run starts its
 * command on this machine, ends it, and changes the size of its terminal.
 */
#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/server/agent.h"
#include "cli/server/attachment.h"
#include "cli/server/console.h"
#include "cli/server/execution.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/shutdown.h"
#include "cli/server/store.h"
#include "cli/server/terminal_size.h"
#include "cli/server/threads_raise.h"
#include "cli/worker/origin.h"
#include "cli/worker/slot_numbers.h"

#include <stdlib.h>

/* Returns false, with CALL failed, if this supervisor is no agent's. */
static bool check_agent(struct call *call)
{
    return agent_is() ||
           call_fail(call, PROTOCOL_RUNTIME_ERROR, "only the supervisor of an agent does that");
}

/* Returns a new origin, or NULL with CALL failed. */
static struct origin *make_origin(struct call *call, json_int_t id, const json_t *name,
                                  const json_t *host, json_int_t slot)
{
    struct origin *origin = calloc(1, sizeof(*origin));
    int            error;

    if (origin == NULL) {
        call_fail_memory(call);
        return NULL;
    }
    origin->id = (uint64_t) id;
    origin->slot = (int) slot;
    error = bytes_from_json(name, &origin->name);
    if (error == 0)
        error = bytes_from_json(host, &origin->host);
    if (error == 0)
        return origin;
    call_refuse(call, error, "\"name\" and \"host\" must be strings");
    origin_free(origin);
    return NULL;
}

static void run_execute(struct call *call, const json_t *params)
{
    const json_t       *name = NULL, *host = NULL, *inner = NULL;
    json_int_t          id = 0, slot = SLOT_NUMBER_NONE;
    struct start_params start = {0};
    const struct param  wanted[] = {
         {"id", PARAM_INTEGER, &id, true},   {"name", PARAM_ANY, &name, true},
         {"host", PARAM_ANY, &host, true},   {"slot", PARAM_INTEGER, &slot, false},
         {"start", PARAM_ANY, &inner, true}, {0},
    };

    if (!check_agent(call) || !params_take(call, params, wanted))
        return;
    if (shutdown_has_begun())
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "the agent is shutting down");
    else if (!json_is_object(inner))
        call_fail(call, PROTOCOL_TYPE_ERROR, "\"start\" must be an object");
    else if (start_params_read(call, inner, &start) &&
             (start.job.origin = make_origin(call, id, name, host, slot)) != NULL)
        execution_begin(call, &start);
    start_params_release(&start);
}

/* Returns the type NAME, which may be one that only the process of RECORD knows. */
static const k3thread_exctype *find_type(const struct record *record, const char *name)
{
    const k3thread_exctype *type = exceptions_find(name);

    if (type == NULL && record != NULL)
        type = attachment_find_type(record->attachment, name);
    return type != NULL ? type : &k3thread_Exception;
}

static void run_end(struct call *call, const json_t *params)
{
    const char        *name = NULL;
    const json_t      *words = NULL;
    char              *message = NULL;
    bool               automatic = false;
    struct record     *record;
    int                error = -1;
    const struct param wanted[] = {
        {"exception", PARAM_STRING, &name, true},
        {"message", PARAM_ANY, &words, false},
        {"automatic", PARAM_BOOLEAN, &automatic, false},
        {0},
    };

    if (!check_agent(call) || !params_take(call, params, wanted))
        return;
    record = store_find_id(call->peer->started);
    if (words != NULL)
        (void) bytes_from_json(words, &message);
    if (record != NULL && record_is_live(record))
        error = automatic ? threads_end(record, find_type(record, name), message, 0)
                          : threads_raise(record, find_type(record, name), message);
    free(message);
    call_reply(call, json_pack("{s:b}", "done", error == 0));
}

static void run_resize(struct call *call, const json_t *params)
{
    json_int_t         rows = 0, columns = 0;
    struct pty_size    size;
    struct record     *record;
    const struct param wanted[] = {
        {"rows", PARAM_INTEGER, &rows, true}, {"columns", PARAM_INTEGER, &columns, true}, {0}};

    if (!check_agent(call) || !params_take(call, params, wanted) ||
        !terminal_size_check(call, rows, columns, &size))
        return;
    record = store_find_id(call->peer->started);
    if (record != NULL)
        console_resize(record, &size);
    call_reply(call, json_object());
}

const struct method method_resize = {"resize", run_resize};
const struct method method_execute = {"execute", run_execute};
const struct method method_end = {"end", run_end};
