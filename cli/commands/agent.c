/* agent: is the agent of a run on another machine. */
#include "cli/remote/agent.h"
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/remote/program_image.h"

#include <errno.h>

struct agent_options {
    const char *word;      /* of --is; NULL: not given */
    const char *directory; /* NULL: not given */
};

enum { KEY_IS = 256, KEY_DIRECTORY };

static const struct argp_option options[] = {
    {"is", KEY_IS, "WORD", OPTION_HIDDEN, NULL, 0},
    {"directory", KEY_DIRECTORY, "DIR", OPTION_HIDDEN, NULL, 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct agent_options *o = state->input;

    switch (key) {
    case KEY_IS:
        o->word = argument;
        return 0;
    case KEY_DIRECTORY:
        o->directory = argument;
        if (argument[0] == '/')
            return 0;
        return command_usage(state, "--directory wants an absolute path");
    case ARGP_KEY_ARG:
        return command_usage(state, "agent takes no arguments");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Prints WORD if this program can be the agent of the program that WORD names. */
static int compare(const struct invocation *invocation, const char *word)
{
    struct program_image image = {0};
    struct text          why = {0}, line = {0};
    int                  status = STATUS_FAILED;
    char                 own[256];
    bool                 suits;

    if (program_image_read(&image, &why) != 0)
        return command_fail_text(invocation, STATUS_INTERNAL, NULL, &why);
    suits = program_image_word(&image, own, sizeof(own)) && program_image_suits(own, word);
    program_image_release(&image);
    if (suits) {
        text_printf(&line, "%s\n", word);
        status = command_print(invocation, &line);
        text_release(&line);
    }
    return status;
}

static int run(struct invocation *invocation)
{
    const struct agent_options *o = invocation->options;
    struct text                 why = {0};

    if (o->word != NULL)
        return compare(invocation, o->word);
    if (agent_run(o->directory, &why) != 0)
        return command_fail_text(invocation, STATUS_INTERNAL, NULL, &why);
    text_release(&why);
    return STATUS_DONE;
}

const struct command command_agent = {
    .name = "agent",
    .doc = "Be the agent of a run on another machine\vrun --hosts starts it there. It speaks with "
           "the run on "
           "standard input and output, and all that it has started ends with it.",
    .group = COMMAND_GROUP_SUPERVISOR,
    .options = options,
    .options_size = sizeof(struct agent_options),
    .parse = parse,
    .run = run,
};
