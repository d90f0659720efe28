#include "cli/script/start_outline.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/option_list.h"
#include "cli/commands/start_options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct command *find_start(const struct words *words)
{
    const struct command *command = command_find(words->list[0]);

    return command == &command_start || command == &command_daemon ? command : NULL;
}

bool start_outline_fits(const struct words *words)
{
    return words->count <= INT_MAX && find_start(words) != NULL;
}

/* Returns true if KEY is the key of the option NAME of start. */
static bool is_option(int key, const char *name)
{
    return key == option_find(start_options_list, name, strlen(name))->key;
}

static error_t add_need(struct start_outline *outline, const char *thread)
{
    const char **needs =
        reallocarray(outline->needs, outline->needs_count + 1, sizeof(*outline->needs));

    if (needs == NULL)
        return ENOMEM;
    needs[outline->needs_count++] = thread;
    outline->needs = needs;
    return 0;
}

/* An argp parser: takes the options of the outline, and passes over all other words. */
static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct start_outline *outline = state->input;

    if (is_option(key, "name"))
        outline->name = argument;
    else if (is_option(key, "daemon"))
        outline->daemon = true;
    else if (is_option(key, "needs"))
        return add_need(outline, argument);
    return 0;
}

int start_outline_read(struct start_outline *ret, const struct words *words)
{
    const struct command *command = find_start(words);
    struct start_outline  outline = {.daemon = command == &command_daemon};
    struct argp           argp = command_argp(command);
    int                   status;

    argp.parser = parse;
    status = command_parse(&argp, ARGP_IN_ORDER, command->name, (int) words->count, words->list,
                           &outline);
    if (status >= 0) {
        start_outline_release(&outline);
        return status == STATUS_DONE ? STATUS_USAGE : status;
    }
    *ret = outline;
    return STATUS_DONE;
}

bool start_outline_try(struct start_outline *ret, const struct words *words)
{
    const struct command *command = find_start(words);
    struct start_outline  outline = {.daemon = command == &command_daemon};
    struct argp           argp = {.options = command->options, .parser = parse};

    if (argp_parse(&argp, (int) words->count, words->list, ARGP_IN_ORDER | ARGP_SILENT, NULL,
                   &outline) != 0) {
        start_outline_release(&outline);
        return false;
    }
    *ret = outline;
    return true;
}

void start_outline_release(struct start_outline *outline)
{
    free(outline->needs);
}
