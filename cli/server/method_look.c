/* The method "look": the usage of threads' processes, and the ends of logs, for a client that sees neither. */
#include "cli/server/look.h"
#include "cli/server/method.h"
#include "cli/server/params.h"

static void run(struct call *call, const json_t *params)
{
    const json_t      *threads = NULL;
    bool               output = false;
    const struct param wanted[] = {
        {"threads", PARAM_ANY, &threads, true},
        {"output", PARAM_BOOLEAN, &output, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    if (look_is_list(threads))
        look_begin(call, threads, output);
    else
        call_fail(call,
                  json_array_size(threads) > LOOK_THREADS_MAX ? PROTOCOL_VALUE_ERROR
                                                              : PROTOCOL_TYPE_ERROR,
                  "\"threads\" must be a list of at most %d ids of threads", LOOK_THREADS_MAX);
}

const struct method method_look = {.name = "look", .run = run, .only_answers = true};
