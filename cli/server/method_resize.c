/* The method "resize", by which the worker of a run sets the size of its command's terminal on an agent's machine. */
#include "cli/server/agent_check.h"
#include "cli/server/console.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/store.h"
#include "cli/server/terminal_size.h"

static void run(struct call *call, const json_t *params)
{
    json_int_t         rows = 0, columns = 0;
    struct pty_size    size;
    struct record     *record;
    const struct param wanted[] = {
        {"rows", PARAM_INTEGER, &rows, true}, {"columns", PARAM_INTEGER, &columns, true}, {0}};

    if (!agent_check(call) || !params_take(call, params, wanted) ||
        !terminal_size_check(call, rows, columns, &size))
        return;
    record = store_find_id(call->peer->started);
    if (record != NULL)
        console_resize(record, &size);
    call_reply(call, json_object());
}

const struct method method_resize = {.name = "resize", .run = run};
