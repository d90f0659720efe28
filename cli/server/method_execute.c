/* The method "execute", by which the worker of a run starts its command on an agent's machine. */
#include "cli/rpc/bytes.h"
#include "cli/server/agent_check.h"
#include "cli/server/execution.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/shutdown.h"
#include "cli/worker/origin.h"
#include "cli/worker/slot_numbers.h"

#include <stdlib.h>

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

static void run(struct call *call, const json_t *params)
{
    const json_t       *name = NULL, *host = NULL, *inner = NULL;
    json_int_t          id = 0, slot = SLOT_NUMBER_NONE;
    struct start_params start = {0};
    const struct param  wanted[] = {
         {"id", PARAM_INTEGER, &id, true},   {"name", PARAM_ANY, &name, true},
         {"host", PARAM_ANY, &host, true},   {"slot", PARAM_INTEGER, &slot, false},
         {"start", PARAM_ANY, &inner, true}, {0},
    };

    if (!agent_check(call) || !params_take(call, params, wanted))
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

const struct method method_execute = {.name = "execute", .run = run};
