/* slots: shows or changes how many commands may run at a time. */
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/rpc/protocol.h"
#include "cli/view/output.h"
#include "cli/view/table.h"
#include "cli/view/thread_text.h"

#include <stdbool.h>
#include <string.h>

struct slots_options {
    bool     json, is_long;
    bool     is_given, is_none; /* the number was given; the word "none" was given */
    unsigned number;
};

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print a JSON object", 0},
    {"long", 'l', NULL, 0, "Show also how many commands run, and how many threads wait", 0},
    {0},
};

static error_t parse_number(struct slots_options *o, const char *text,
                            const struct argp_state *state)
{
    if (o->is_given)
        return command_usage(state, "give one number at most");
    o->is_given = true;
    o->is_none = strcmp(text, PROTOCOL_SLOTS_NONE) == 0;
    return o->is_none ? 0
                      : command_number(state, "slots", text, 0, PROTOCOL_SLOTS_MAX,
                                       "from 0 to 1000000, or 'none'", &o->number);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct slots_options *o = state->input;

    switch (key) {
    case KEY_JSON:
        o->json = true;
        return 0;
    case 'l':
        o->is_long = true;
        return 0;
    case ARGP_KEY_ARG:
        return parse_number(o, argument, state);
    case ARGP_KEY_END:
        return o->json && o->is_long ? command_usage(state, "--json and --long exclude each other")
                                     : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Returns the parameters of the request, or NULL without memory. */
static json_t *params_of(const struct slots_options *o)
{
    if (!o->is_given)
        return json_object();
    if (o->is_none)
        return json_pack("{s:s}", "slots", PROTOCOL_SLOTS_NONE);
    return json_pack("{s:I}", "slots", (json_int_t) o->number);
}

static void add_number(struct text *text, const json_t *number)
{
    if (json_is_integer(number))
        text_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
    else
        text_add(text, PROTOCOL_SLOTS_NONE);
}

static void add_table(struct text *text, const json_t *result)
{
    static const char *const headings[] = {"SLOTS", "RUNNING", "QUEUED"};
    static const char *const members[] = {"slots", "running", "queued"};
    struct table             table = {0};

    table_add_words(&table, headings, 3);
    for (size_t i = 0; i < 3; i++) {
        add_number(&table.cells, json_object_get(result, members[i]));
        table_end_cell(&table);
    }
    table_end_row(&table);
    text_add_table(text, &table, 0);
}

static int run(struct invocation *invocation)
{
    const struct slots_options *o = invocation->options;
    struct text                 text = {0};
    struct reply                reply;
    int                         status;

    if (client_call(&invocation->session->client, "slots", params_of(o), &reply) != 0)
        return command_failed(invocation);
    if (o->json) {
        text_add_json(&text, reply.result);
    } else if (o->is_long) {
        add_table(&text, reply.result);
    } else if (!o->is_given) {
        add_number(&text, json_object_get(reply.result, "slots"));
        text_add(&text, "\n");
    }
    status = command_print(invocation, &text);
    text_release(&text);
    reply_release(&reply);
    return status;
}

const struct command command_slots = {
    .name = "slots",
    .arguments = "[N|none]",
    .doc =
        "Show or set how many commands may run at a time\vDaemons do not count. With 0 no queued "
        "thread begins; with 'none' there is no limit. A smaller number ends no command.",
    .group = COMMAND_GROUP_SUPERVISOR,
    .flags = COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct slots_options),
    .parse = parse,
    .run = run,
};
