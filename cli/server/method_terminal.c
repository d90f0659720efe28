/* The method "terminal": attaches the client to the terminal of a thread. */
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/terminal_join.h"
#include "cli/server/terminal_size.h"

static void run(struct call *call, const json_t *params)
{
    const json_t        *thread = NULL, *members = NULL;
    struct terminal_wish wish = {0};
    json_int_t           rows = 0, columns = 0;
    struct record       *record;
    const struct param   wanted[] = {
          {"thread", PARAM_ANY, &thread, true},
          {"rows", PARAM_INTEGER, &rows, false},
          {"columns", PARAM_INTEGER, &columns, false},
          {"read_only", PARAM_BOOLEAN, &wish.read_only, false},
          {"members", PARAM_ANY, &members, false},
          {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &call->members) ||
        !terminal_size_check(call, rows, columns, &wish.size))
        return;
    record = select_live_for_call(call, thread);
    if (record != NULL && terminal_join(call, record, &wish))
        call_reply_record(call, record);
}

const struct method method_terminal = {.name = "terminal", .run = run};
