/* The method "surroundings": sets the environment, limits, directory and umask of commands that the client starts. */
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/surroundings.h"

#include <stdlib.h>

static void run(struct call *call, const json_t *params)
{
    struct raw_environment raw = {0};
    const json_t          *directory = NULL;
    json_int_t             umask = PEER_UMASK;
    char                  *path = NULL;
    const struct param     wanted[] = {
            {"environment", PARAM_ANY, &raw.environment, true},
            {"limits", PARAM_ANY, &raw.limits, false},
            {"nice", PARAM_ANY, &raw.nice, false},
            {"directory", PARAM_ANY, &directory, true},
            {"umask", PARAM_UMASK, &umask, false},
            {0},
    };

    if (!params_take(call, params, wanted) ||
        !surroundings_path(call, directory, "\"directory\" must be a string", &path))
        return;
    if (!surroundings_take(call, &raw)) {
        free(path);
        return;
    }
    free(call->peer->directory);
    call->peer->directory = path;
    call->peer->umask = (mode_t) umask;
    call_reply(call, json_object());
}

const struct method method_surroundings = {.name = "surroundings", .run = run};
