/* The method "terminal": attaches the client to the terminal of a thread. */
#include "cli/rpc/write.h"
#include "cli/server/console.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/terminal_size.h"

/* Returns true if RECORD has a terminal; otherwise CALL has failed. */
static bool check_terminal(struct call *call, const struct record *record)
{
    unsigned long long id = record->id;

    if (record->console == NULL)
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "thread '%s' (id %llu) has no terminal; start it with --tty",
                         record->job.name, id);
    return true;
}

static void run(struct call *call, const json_t *params)
{
    struct viewer     *viewer = &call->peer->viewer;
    const json_t      *thread = NULL, *members = NULL;
    struct pty_size    size;
    json_int_t         rows = 0, columns = 0;
    struct record     *record;
    bool               read_only = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, true},
        {"rows", PARAM_INTEGER, &rows, false},
        {"columns", PARAM_INTEGER, &columns, false},
        {"read_only", PARAM_BOOLEAN, &read_only, false},
        {"members", PARAM_ANY, &members, false},
        {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &call->members) ||
        !terminal_size_check(call, rows, columns, &size))
        return;
    record = select_live_for_call(call, thread);
    if (record == NULL || !check_terminal(call, record))
        return;
    if (!viewer_is_to(viewer, record))
        viewer_end(viewer); /* it needs the old value of read_only */
    viewer->connection = &call->peer->connection;
    viewer->size = size;
    viewer->read_only = read_only;
    viewer_begin(viewer, record);
    call_reply_record(call, record);
}

const struct method method_terminal = {"terminal", run};
