#include "cli/commands/execute.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/report.h"
#include "cli/commands/unknown_command.h"

#include <errno.h>
#include <stdlib.h>

/* No exit status: the next step can be taken. */
#define GO_ON (-1)

static int find_place(const struct invocation *call)
{
    struct text why = {0};
    int         error = session_find_place(call->session, &why);

    if (error == 0)
        return GO_ON;
    if (error == -EINVAL)
        return command_fail_text(call, STATUS_USAGE, "ValueError", &why);
    return command_fail_text(call, STATUS_FAILED, NULL, &why);
}

static int connect_client(const struct invocation *call)
{
    bool starts = (call->command->flags & COMMAND_STARTS) && !call->session->scripted;

    return session_connect(call->session, starts) != 0 ? command_failed(call) : GO_ON;
}

/* Does what the command's flags ask for. Returns GO_ON or the exit status. */
static int set_up(const struct invocation *call)
{
    unsigned flags = call->command->flags;
    int      status = GO_ON;

    if (flags & (COMMAND_PLACE | COMMAND_CONNECTS | COMMAND_STARTS))
        status = find_place(call);
    if (status == GO_ON && (flags & (COMMAND_CONNECTS | COMMAND_STARTS)))
        status = connect_client(call);
    return status;
}

int command_execute(struct session *session, int count, char **words)
{
    struct invocation call = {.command = command_find(words[0]), .session = session};
    struct argp       argp;
    unsigned          order;
    int               status;

    if (call.command == NULL)
        return unknown_command_report(words[0]);
    call.options = calloc(1, call.command->options_size + 1);
    if (call.options == NULL)
        return command_fail_memory(&call, STATUS_FAILED);
    argp = command_argp(call.command);
    order = (call.command->flags & COMMAND_IN_ORDER) ? ARGP_IN_ORDER : 0;
    status = command_parse(&argp, order, call.command->name, count, words, call.options);
    if (status == GO_ON)
        status = set_up(&call);
    if (status == GO_ON)
        status = call.command->run(&call);
    if (call.command->release != NULL)
        call.command->release(call.options);
    free(call.options);
    return status;
}
