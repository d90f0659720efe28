/* logs: prints the output of a command; with -f, also its further output until its thread ends. */
#include "cli/base/number.h"
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/follow.h"
#include "cli/commands/follow_all.h"
#include "cli/commands/show_all.h"
#include "cli/commands/thread_word.h"

#include <string.h>
#include <unistd.h>

struct logs_options {
    bool        follow, some_lines, timestamps;
    uint64_t    lines;
    double      since; /* seconds; negative: all output */
    const char *thread;
};

enum { KEY_TIMESTAMPS = 256, KEY_SINCE };

static const struct argp_option options[] = {
    {"follow", 'f', NULL, 0, "Go on with what is printed until the thread ends", 0},
    {"lines", 'n', "LINES", 0, "Show only the last LINES lines", 0},
    {"since", KEY_SINCE, "SECONDS", 0, "Show only the output of the last SECONDS", 0},
    {"timestamps", KEY_TIMESTAMPS, NULL, 0, "Print before each line the time at which run read it",
     0},
    {0},
};

static error_t parse_lines(struct logs_options *o, const struct argp_state *state,
                           const char *argument)
{
    o->some_lines = true;
    if (!number_parse(argument, 0, UINT64_MAX, &o->lines))
        return command_refuse(state, "--lines: '%s' is not a number of lines", argument);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct logs_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        o->since = -1;
        return 0;
    case KEY_SINCE:
        return command_duration(state, "--since", argument, &o->since);
    case 'f':
        o->follow = true;
        return 0;
    case 'n':
        return parse_lines(o, state, argument);
    case KEY_TIMESTAMPS:
        o->timestamps = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->thread != NULL)
            return ARGP_ERR_UNKNOWN; /* the common parser reports it */
        o->thread = argument;
        return 0;
    case ARGP_KEY_END:
        if (o->thread == NULL)
            return command_usage(state, "no thread");
        return command_whole_threads(state, (char *[]){(char *) o->thread, NULL});
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Shows the logs of all matching threads. */
static int show_pattern(const struct invocation *invocation)
{
    const struct logs_options      *o = invocation->options;
    const struct follow_all_options shown = {.timestamps = o->timestamps,
                                             .some_lines = o->some_lines,
                                             .lines = o->lines,
                                             .since = o->since};

    return o->follow ? follow_all(invocation, o->thread, &shown)
                     : show_all(invocation, o->thread, &shown);
}

static int show_one(struct invocation *invocation)
{
    const struct logs_options *o = invocation->options;
    struct follow              follow;
    int                        status;

    follow_open(&follow, invocation);
    follow.copy.timestamps = o->timestamps;
    follow.copy.follow = o->follow;
    follow.copy.some_lines = o->some_lines;
    follow.copy.lines = o->lines;
    follow.since = o->since;
    status = follow_show(&follow, o->thread);
    follow_close(&follow);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct logs_options *o = invocation->options;

    return thread_is_pattern(o->thread) ? show_pattern(invocation) : show_one(invocation);
}

const struct command command_logs = {
    .name = "logs",
    .arguments = "THREAD",
    .doc =
        "Show what a thread's command printed\vTHREAD is a name or an id; with a pattern, the logs "
        "of all matching threads are shown, each line with its thread's name. With --follow, "
        "matching threads that start later are shown too, until the last has ended.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct logs_options),
    .parse = parse,
    .run = run,
};
