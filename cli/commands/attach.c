/* attach: attaches this terminal to the terminal of a thread. */
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/attach_terminal.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"

struct attach_options {
    const char *thread;
    bool        read_only;
};

enum { KEY_READ_ONLY = 256 };

static const struct argp_option options[] = {
    {"read-only", KEY_READ_ONLY, NULL, 0, "Only watch: no key reaches the command", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct attach_options *o = state->input;

    switch (key) {
    case KEY_READ_ONLY:
        o->read_only = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->thread != NULL)
            return command_usage(state, "unexpected argument '%s'", argument);
        return command_one_thread(state, argument, &o->thread);
    case ARGP_KEY_END:
        return o->thread == NULL ? command_usage(state, "no thread") : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(struct invocation *invocation)
{
    const struct attach_options *o = invocation->options;
    struct attach_end            end;
    int                          status;

    if (!attach_is_possible())
        return command_fail(invocation, STATUS_USAGE, NULL,
                            "standard input and output must be a terminal; "
                            "\"k3thread logs -f\" shows the output elsewhere");
    status = attach_terminal(invocation, thread_to_json(o->thread), o->read_only, NULL, &end);
    invocation->session->ended_by = end.signal;
    return status;
}

const struct command command_attach = {
    .name = "attach",
    .arguments = "THREAD",
    .doc =
        "Attach to the terminal of a thread\vThe thread was started with --tty. Each key goes to "
        "its "
        "command; ^\\ d leaves it again, and ^\\ ^\\ sends ^\\. Several clients may be attached: "
        "the one that attached last types, and the terminal has its size.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_TTY | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct attach_options),
    .parse = parse,
    .run = run,
};
