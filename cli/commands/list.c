#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/joining.h"
#include "cli/commands/report.h"
#include "cli/view/output.h"
#include "cli/view/table.h"
#include "cli/view/view.h"

#include <stddef.h>

struct list_options {
    bool   json, quiet, live;
    char **threads; /* NULL: all */
};

enum { KEY_JSON = 256, KEY_LIVE };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print a JSON array of objects", 0},
    {"quiet", 'q', NULL, 0, "Print only ids", 0},
    {"live", KEY_LIVE, NULL, 0, "Leave out threads that have ended", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct list_options *o = state->input;

    (void) argument;
    switch (key) {
    case KEY_JSON:
        o->json = true;
        return 0;
    case 'q':
        o->quiet = true;
        return 0;
    case KEY_LIVE:
        o->live = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->threads = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        return o->json && o->quiet ? command_usage(state, "--json and --quiet exclude each other")
                                   : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static json_t *make_params(const struct list_options *o)
{
    json_t *params = json_object();
    json_t *threads = json_array();
    int     error = params == NULL || threads == NULL;

    for (char **thread = o->threads; thread != NULL && *thread != NULL; thread++)
        error |= json_array_append_new(threads, thread_to_json(*thread));
    if (o->threads != NULL)
        error |= json_object_set(params, "threads", threads);
    if (o->live)
        error |= json_object_set_new(params, "live", json_true());
    if (o->quiet)
        error |= json_object_set_new(params, "members", json_pack("[s]", "id"));
    else if (!o->json)
        error |= json_object_set_new(params, "table", json_true());
    json_decref(threads);
    if (error == 0)
        return params;
    json_decref(params);
    return NULL;
}

static void add_ids(struct text *text, const json_t *threads)
{
    const json_t *thread;
    size_t        i;

    json_array_foreach((json_t *) threads, i, thread)
        text_printf(text, "%" JSON_INTEGER_FORMAT "\n", view_id(thread));
}

/* A part of a long table, before the reply, which is the last one. */
static void take_part(void *table, const json_t *part)
{
    view_add_rows(table, part);
}

static int run(struct call *call)
{
    const struct list_options *o = call->options;
    struct client             *client = &call->session->client;
    struct table               table = {0};
    struct text                text = {0};
    struct reply               reply;
    int                        status;

    client->notify = take_part;
    client->notify_context = &table;
    status = client_call(client, "list", make_params(o), &reply);
    client->notify = NULL;
    if (status != 0) {
        table_release(&table);
        return command_failed(call);
    }
    if (!o->json && !o->quiet)
        view_add_rows(&table, reply.result);
    if (o->json)
        text_add_json(&text, reply.result);
    else if (o->quiet)
        add_ids(&text, reply.result);
    else
        text_add_table(&text, &table, output_width());
    status = command_print(call, &text);
    text_release(&text);
    reply_release(&reply);
    return status;
}

const struct command command_list = {
    .name = "list",
    .alias = "ls",
    .arguments = "[THREAD...]",
    .doc = "Show the threads\vTHREAD is a name, an id or a pattern such as 'web-*'; all threads "
           "if there is none. TIME is how long the command has run, RESULT how it ended.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct list_options),
    .parse = parse,
    .run = run,
};
