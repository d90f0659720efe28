#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"

static int run(struct invocation *call)
{
    struct reply reply;

    if (client_call(&call->session->client, "clear", json_object(), &reply) != 0)
        return command_failed(call);
    reply_release(&reply);
    return STATUS_DONE;
}

const struct command command_clear = {
    .name = "clear",
    .doc = "Forget the threads that have ended, and their logs",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_CONNECTS,
    .run = run,
};
