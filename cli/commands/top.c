/* top: shows the threads live, full screen. */
#include "cli/top/top.h"

#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/attach_terminal.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/view/message.h"

/* Refuses a terminal on which nothing can be drawn before anything else, because no supervisor would help. */
static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct text why = {0};

    (void) argument;
    if (key != ARGP_KEY_END)
        return ARGP_ERR_UNKNOWN;
    if (top_is_possible(&why))
        return 0;
    text_add(&why, "; \"k3thread list\" and \"k3thread watch\" show the threads as text");
    message_print_text(command_of(state), NULL, &why);
    text_release(&why);
    return ARGUMENTS_REFUSED;
}

/* Attaches to the terminal of the thread ID, over a second connection, because the view keeps the first. */
static bool attach(void *context, int64_t id, int *ret_signal)
{
    const struct invocation *invocation = context;
    struct session           session = session_of_same(invocation->session);
    struct invocation        own = {.command = invocation->command, .session = &session};
    struct attach_end        end = {0};
    struct text              why = {0};
    int                      status = STATUS_FAILED;

    if (session_find_place(&session, &why) == 0 && session_connect(&session, false) == 0)
        status = attach_terminal(&own, json_integer(id), false, NULL, &end);
    *ret_signal = end.signal;
    text_release(&why);
    session_release(&session);
    return status == STATUS_DONE;
}

/* Reports the end of the view, if the user does not know the reason. Returns the exit status. */
static int tell_end(const struct invocation *invocation, struct top_end *end)
{
    invocation->session->ended_by = end->signal;
    if (end->client_failed)
        return command_failed(invocation);
    if (end->why.size > 0 || end->why.failed)
        return command_fail_text(invocation, STATUS_FAILED, NULL, &end->why);
    if (end->is_without)
        message_print(invocation->command->name, NULL, "the supervisor has ended");
    return STATUS_DONE;
}

static int run(struct invocation *invocation)
{
    const struct top_owner owner = {
        .client = &invocation->session->client,
        .attach = attach,
        .context = invocation,
    };
    struct top_end end;

    top_run(&owner, &end);
    return tell_end(invocation, &end);
}

const struct command command_top = {
    .name = "top",
    .doc =
        "Show the threads live, full screen\vOne row for each thread, below the thread that it "
        "needs, with its state, time, processor, memory and the last line of its log. Keys raise "
        "exceptions, restart, attach and read logs; \"h\" lists them, \"q\" quits. For pipes and "
        "scripts there are list and watch.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_CONNECTS,
    .parse = parse,
    .run = run,
};
