/* The method "version": says which supervisor this is. */
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/parent.h"

#include <unistd.h>

static void run(struct call *call, const json_t *params)
{
    if (params_take(call, params, NULL))
        call_reply(call, json_pack("{s:s, s:i, s:i, s:i}", "version", K3THREAD_VERSION, "protocol",
                                   PROTOCOL_VERSION, "pid", (int) getpid(), "guardian",
                                   (int) parent_pid()));
}

const struct method method_version = {.name = "version", .run = run, .only_answers = true};
