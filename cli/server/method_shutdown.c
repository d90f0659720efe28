/* The method "shutdown": ends the supervisor when its threads have ended. */
#include "cli/base/exceptions.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/shutdown.h"

static void run(struct call *call, const json_t *params)
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
        shutdown_begin(call, now ? type : NULL);
}

const struct method method_shutdown = {.name = "shutdown", .run = run};
