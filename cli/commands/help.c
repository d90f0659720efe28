#include "cli/base/status.h"
#include "cli/base/text.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/manual.h"
#include "cli/commands/option_list.h"
#include "cli/commands/program_options.h"
#include "cli/commands/report.h"
#include "cli/commands/unknown_command.h"

#include <string.h>

struct help_options {
    const char *topic; /* a command, or the topic of a manual page; NULL: the overview */
    bool        list;
};

enum { KEY_COMMANDS = 256 };

static const struct argp_option options[] = {
    {"commands", KEY_COMMANDS, NULL, 0, "List all commands and options, for programs to read", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct help_options *o = state->input;

    switch (key) {
    case KEY_COMMANDS:
        o->list = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->topic != NULL)
            return ARGP_ERR_UNKNOWN; /* the common parser reports it */
        o->topic = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Adds a column of the list. An empty value becomes "-", so that no column is empty. */
static void add_column(struct text *text, const char *value)
{
    text_byte(text, '\t', 1);
    text_add(text, value != NULL && value[0] != '\0' ? value : "-");
}

/*
 * Adds a line: option COMMAND -s --long ARGUMENT DESCRIPTION. An optional argument stands in
 * brackets.
 */
static void add_option(struct text *text, const char *command, const struct argp_option *option)
{
    bool is_short = option->key > 0 && option->key < 256;

    text_printf(text, "option\t%s\t", command);
    if (is_short)
        text_printf(text, "-%c", option->key);
    else
        text_add(text, "-");
    text_printf(text, "\t%s%s", option->name != NULL ? "--" : "-",
                option->name != NULL ? option->name : "");
    if (option->arg != NULL && (option->flags & OPTION_ARG_OPTIONAL))
        text_printf(text, "\t[%s]", option->arg);
    else
        add_column(text, option->arg);
    add_column(text, option->doc);
    text_add(text, "\n");
}

static void add_options(struct text *text, const char *command, const struct argp_option *list)
{
    const struct argp_option *option;

    for (option = option_first(list); option != NULL; option = option_next(option))
        if (!(option->flags & OPTION_HIDDEN))
            add_option(text, command, option);
}

/* Adds a line: command NAME ALIAS SUMMARY. Then adds the command's options. */
static void add_command(struct text *text, const struct command *command)
{
    text_printf(text, "command\t%s", command->name);
    add_column(text, command->alias);
    text_printf(text, "\t%.*s\n", (int) strcspn(command->doc, "\v"), command->doc);
    add_options(text, command->name, command->options);
    add_options(text, command->name, command_common_options);
}

static int print_list(const struct invocation *invocation)
{
    struct text           text = {0};
    const struct command *command;
    int                   status;

    add_options(&text, "-", program_argp.options);
    add_options(&text, "-", command_common_options);
    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        add_command(&text, command);
    status = command_print(invocation, &text);
    text_release(&text);
    return status;
}

/* Shows PAGE by man, which itself reports a missing page. */
static int show_page(const struct invocation *invocation, const struct manual_page *page)
{
    int status = manual_show(page);

    if (status < 0)
        return command_fail(invocation, STATUS_FAILED, NULL, "cannot run man for %s(%s): %s",
                            page->name, page->section, strerror(-status));
    return status == 0 ? STATUS_DONE : STATUS_FAILED;
}

static int run(struct invocation *invocation)
{
    const struct help_options *o = invocation->options;
    const struct command      *command;
    const struct manual_page  *page;
    struct argp                argp;

    if (o->list)
        return print_list(invocation);
    if (o->topic == NULL)
        return command_print_help(&program_argp, NULL);
    command = command_find(o->topic);
    if (command != NULL) {
        argp = command_argp(command);
        return command_print_help(&argp, command->name);
    }
    page = manual_find(o->topic);
    return page != NULL ? show_page(invocation, page) : unknown_command_report(o->topic);
}

const struct command command_help = {
    .name = "help",
    .arguments = "[TOPIC]",
    .doc = "Show this overview, the help of a command, or a manual page\vTOPIC is a command, or a "
           "manual page of those that the overview lists, which man shows.",
    .group = COMMAND_GROUP_HELP,
    .options = options,
    .options_size = sizeof(struct help_options),
    .parse = parse,
    .run = run,
};
