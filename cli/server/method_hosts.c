/* The method "hosts", by which a run says on which other machines its commands run. */
#include "cli/server/hosts.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/slot_lines.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"

#include <errno.h>

static void run(struct call *call, const json_t *params)
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
        error = slot_lines_use_hosts(json_array_size(list));
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

const struct method method_hosts = {.name = "hosts", .run = run};
