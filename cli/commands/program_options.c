#include "cli/commands/program_options.h"

#include "cli/base/text.h"
#include "cli/commands/command.h"
#include "cli/commands/manual.h"

#include <stdlib.h>
#include <string.h>

static const struct argp_option options[] = {
    {NULL, 'L', "NAME", 0, "Use the supervisor of this name, instead of 'default'", 0},
    {NULL, 'S', "SOCKET", 0, "Use the supervisor at this socket", 0},
    {NULL, 'H', "HOST", 0, "Use the supervisor of this machine, by way of ssh", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct program_words *words = state->input;

    switch (key) {
    case 'L':
        words->session->label = argument;
        return 0;
    case 'S':
        words->session->socket = argument;
        return 0;
    case 'H':
        words->session->host_option = argument;
        return 0;
    case ARGP_KEY_ARGS:
        words->count = state->argc - state->next;
        words->words = state->argv + state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return 0; /* main() shows the overview */
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void add_command(struct text *text, const struct command *command)
{
    size_t summary = strcspn(command->doc, "\v");

    text_printf(text, "  %-12s %.*s\n", command->name, (int) summary, command->doc);
}

/* Adds the list of manual pages, each with its topic. */
static void add_pages(struct text *text)
{
    const struct manual_page *page;

    text_add(text, "\nManual pages (k3thread help PAGE):\n");
    for (size_t i = 0; (page = manual_at(i)) != NULL; i++)
        text_printf(text, "  %-12s %s\n", page->topic, page->summary);
}

/* Returns the overview: the commands under their headings, each with its summary, and the pages. */
static char *make_overview(void)
{
    static const char *const headings[] = {
#define X(name, heading) heading,
        COMMAND_GROUPS(X)
#undef X
    };
    struct text           text = {0};
    const struct command *command;

    text_add(&text,
             "Threads for the shell: start commands as threads, list them, raise exceptions in "
             "them from outside, join them.\n\n");
    for (size_t group = 0; group < sizeof(headings) / sizeof(headings[0]); group++) {
        text_printf(&text, "%s%s:\n", group > 0 ? "\n" : "", headings[group]);
        for (size_t i = 0; (command = command_at(i)) != NULL; i++)
            if (command->group == group)
                add_command(&text, command);
    }
    add_pages(&text);
    text_append(&text, "", 1);
    if (!text.failed)
        return text.data;
    text_release(&text);
    return NULL;
}

/* Puts the overview before the options. argp frees the returned text if it is not TEXT. */
static char *filter_help(int key, const char *text, void *input)
{
    (void) input;
    if (key == ARGP_KEY_HELP_PRE_DOC)
        return make_overview();
    return (char *) text;
}

const struct argp program_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "COMMAND [OPTION...] [ARGUMENT...]",
    .doc = "\v\"k3thread help COMMAND\" tells more of a command. Threads live in a supervisor, "
           "which the first start brings up; its socket is K3THREAD_SOCKET, else default.sock in "
           "/tmp/k3thread-UID. K3THREAD_HOST names another machine, as -H does.",
    .help_filter = filter_help,
};
