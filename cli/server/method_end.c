/* The method "end", by which the worker of a run ends its command on an agent's machine, or sends it a signal. */
#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/server/agent_check.h"
#include "cli/server/attachment.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/store.h"
#include "cli/server/threads_raise.h"

#include <stdlib.h>

/* Returns the type NAME, which may be known only to the process of RECORD. */
static const k3thread_exctype *find_type(const struct record *record, const char *name)
{
    const k3thread_exctype *type = exceptions_find(name);

    if (type == NULL && record != NULL)
        type = attachment_find_type(record->attachment, name);
    return type != NULL ? type : &k3thread_Exception;
}

static void run(struct call *call, const json_t *params)
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

    if (!agent_check(call) || !params_take(call, params, wanted))
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

const struct method method_end = {.name = "end", .run = run};
