#include "cli/commands/execute.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/report.h"
#include "cli/commands/unknown_command.h"

#include <errno.h>
#include <stdlib.h>

/* A result that is no exit status: the next step can be taken. */
#define GO_ON (-1)

/* Refuses -H for a command that works on this machine. */
static int refuse_host(const struct invocation *invocation)
{
    if (!(invocation->command->flags & COMMAND_HERE) || invocation->session->host_option == NULL)
        return GO_ON;
    return command_fail(invocation, STATUS_USAGE, "ValueError",
                        "it works on this machine, so -H is not for it");
}

static int find_place(const struct invocation *invocation)
{
    struct text why = {0};
    int         error = invocation->command->flags & COMMAND_HERE
                            ? session_find_place_here(invocation->session, &why)
                            : session_find_place(invocation->session, &why);

    if (error == 0)
        return GO_ON;
    if (error == -EINVAL)
        return command_fail_text(invocation, STATUS_USAGE, "ValueError", &why);
    return command_fail_text(invocation, STATUS_FAILED, NULL, &why);
}

static int connect_client(const struct invocation *invocation)
{
    bool starts = (invocation->command->flags & COMMAND_STARTS) && !invocation->session->scripted;

    return session_connect(invocation->session, starts) != 0 ? command_failed(invocation) : GO_ON;
}

/* Takes the steps of the command's flags. Returns GO_ON or the exit status. */
static int set_up(struct invocation *invocation)
{
    const struct command *command = invocation->command;
    unsigned              flags = command->flags;
    int                   status = refuse_host(invocation);

    if (status == GO_ON && (flags & (COMMAND_PLACE | COMMAND_CONNECTS | COMMAND_STARTS)))
        status = find_place(invocation);
    if (status == GO_ON && command->check != NULL) {
        status = command->check(invocation);
        status = status == STATUS_DONE ? GO_ON : status;
    }
    if (status == GO_ON && (flags & (COMMAND_CONNECTS | COMMAND_STARTS)))
        status = connect_client(invocation);
    return status;
}

static bool exits_as_thread(const struct invocation *invocation)
{
    const struct command *command = invocation->command;

    return command->exits_as_thread != NULL && command->exits_as_thread(invocation->options);
}

int command_execute(struct session *session, int count, char **words)
{
    struct invocation invocation = {.command = command_find(words[0]), .session = session};
    struct argp       argp;
    unsigned          order;
    int               status;

    if (invocation.command == NULL)
        return unknown_command_report(words[0]);
    invocation.options = calloc(1, invocation.command->options_size + 1);
    if (invocation.options == NULL)
        return command_fail_memory(&invocation, STATUS_FAILED);
    argp = command_argp(invocation.command);
    order = (invocation.command->flags & COMMAND_IN_ORDER) ? ARGP_IN_ORDER : 0;
    status =
        command_parse(&argp, order, invocation.command->name, count, words, invocation.options);
    if (status == GO_ON) {
        status = set_up(&invocation);
        if (exits_as_thread(&invocation))
            status = command_own_failure(status);
    }
    if (status == GO_ON)
        status = invocation.command->run(&invocation);
    if (invocation.command->release != NULL)
        invocation.command->release(invocation.options);
    free(invocation.options);
    return status;
}
