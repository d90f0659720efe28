#include "cli/base/exceptions.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/view/output.h"

struct exceptions_options {
    bool json;
};

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print a JSON array of objects", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct exceptions_options *o = state->input;

    (void) argument;
    if (key != KEY_JSON)
        return ARGP_ERR_UNKNOWN;
    o->json = true;
    return 0;
}

/* Adds TYPE and, indented below it, all types that are derived from it. */
static void add_tree(struct text *text, const k3thread_exctype *type, size_t depth)
{
    const k3thread_exctype *other;

    text_byte(text, ' ', depth * 2);
    text_printf(text, "%s\n", type->name);
    for (size_t i = 0; (other = exceptions_at(i)) != NULL; i++)
        if (other->base == type)
            add_tree(text, other, depth + 1);
}

static void add_json(struct text *text)
{
    json_t                 *array = json_array();
    const k3thread_exctype *type;
    int                     error = 0;

    for (size_t i = 0; (type = exceptions_at(i)) != NULL; i++) {
        int     number = exceptions_signal(type);
        json_t *object = json_pack("{s:s, s:s?, s:o}", "name", type->name, "base",
                                   type->base != NULL ? type->base->name : NULL, "signal",
                                   number != 0 ? json_integer(number) : json_null());

        error |= json_array_append_new(array, object);
    }
    if (error == 0)
        text_add_json(text, array);
    else
        text->failed = true;
    json_decref(array);
}

static int run(struct invocation *invocation)
{
    const struct exceptions_options *o = invocation->options;
    const k3thread_exctype          *type;
    struct text                      text = {0};
    int                              status;

    if (o->json)
        add_json(&text);
    else
        for (size_t i = 0; (type = exceptions_at(i)) != NULL; i++)
            if (type->base == NULL)
                add_tree(&text, type, 0);
    status = command_print(invocation, &text);
    text_release(&text);
    return status;
}

const struct command command_exceptions = {
    .name = "exceptions",
    .doc = "Show the tree of exceptions that raise knows",
    .group = COMMAND_GROUP_HELP,
    .options = options,
    .options_size = sizeof(struct exceptions_options),
    .parse = parse,
    .run = run,
};
