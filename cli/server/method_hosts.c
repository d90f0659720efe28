/* The methods "hosts" and "host": by them a run says on which other machines its commands run, and how they are. */
#include "cli/server/hosts.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"

#include <errno.h>

static void run_hosts(struct call *call, const json_t *params)
{
    const json_t      *list = NULL;
    bool               reschedule = false;
    struct text        why = {0};
    int                error;
    const struct param wanted[] = {
        {"hosts", PARAM_ANY, &list, true},
        {"reschedule", PARAM_BOOLEAN, &reschedule, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    if (store_live() > 0) {
        call_fail(call, PROTOCOL_RUNTIME_ERROR,
                  "a supervisor gets its hosts before its first thread");
        return;
    }
    error = hosts_set(list, reschedule, &why);
    if (error == 0)
        threads_use_hosts();
    if (error == 0)
        call_reply(call, json_object());
    else if (error == -EINVAL)
        call_fail(call, PROTOCOL_VALUE_ERROR, "%.*s", (int) why.size, why.data);
    else
        call_fail_memory(call);
    text_release(&why);
}

static void run_host(struct call *call, const json_t *params)
{
    const char        *name = NULL, *lost = NULL;
    json_int_t         processors = 0;
    struct text        why = {0};
    const struct param wanted[] = {
        {"name", PARAM_STRING, &name, true},
        {"processors", PARAM_INTEGER, &processors, false},
        {"lost", PARAM_STRING, &lost, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    if (!hosts_have(name, &why)) {
        call_fail(call, PROTOCOL_VALUE_ERROR, "%.*s", (int) why.size, why.data);
        text_release(&why);
        return;
    }
    if (lost != NULL)
        hosts_down(name, lost);
    else
        hosts_up(name,
                 processors > 0 && processors <= PROTOCOL_SLOTS_MAX ? (unsigned) processors : 1);
    call_reply(call, json_object());
}

const struct method method_hosts = {"hosts", run_hosts};
const struct method method_host = {"host", run_host};
