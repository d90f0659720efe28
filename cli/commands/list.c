#include "cli/client/request.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/view/output.h"
#include "cli/view/table.h"
#include "cli/view/thread_text.h"

#include <stddef.h>
#include <string.h>

struct list_options {
    struct list_request request;
    bool                json, quiet;
};

enum { KEY_JSON = 256, KEY_LIVE, KEY_FAILED };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print a JSON array of objects", 0},
    {"quiet", 'q', NULL, 0, "Print only ids", 0},
    {"long", 'l', NULL, 0, "Show more columns: RUNS, CPU and MEMORY", 0},
    {"live", KEY_LIVE, NULL, 0, "Leave out threads that have ended", 0},
    {"failed", KEY_FAILED, NULL, 0, "Show only threads that have ended and failed", 0},
    {0},
};

/* Refuses words for threads inside a process: --failed has no meaning for them. WORDS is NULL, or ends with NULL. */
static error_t refuse_inner(const struct argp_state *state, char *const *words)
{
    for (; words != NULL && *words != NULL; words++)
        if (strchr(*words, '/') != NULL)
            return command_refuse(
                state, "--failed shows threads of the supervisor, not '%s' inside a process",
                *words);
    return 0;
}

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
    case 'l':
        o->request.wide = true;
        return 0;
    case KEY_LIVE:
        o->request.live = true;
        return 0;
    case KEY_FAILED:
        o->request.failed = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->request.threads = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        o->request.form = o->json ? LIST_OBJECTS : o->quiet ? LIST_IDS : LIST_TABLE;
        if (o->json && o->quiet)
            return command_usage(state, "--json and --quiet exclude each other");
        if (o->request.live && o->request.failed)
            return command_usage(state, "--live and --failed exclude each other");
        return o->request.failed ? refuse_inner(state, o->request.threads) : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void add_ids(struct text *text, const json_t *threads)
{
    const json_t *thread;
    size_t        i;

    json_array_foreach((json_t *) threads, i, thread) {
        const char *inner = json_string_value(json_object_get(thread, "id"));

        if (inner != NULL) /* "7/3": of a thread inside a process */
            text_printf(text, "%s\n", inner);
        else
            text_printf(text, "%" JSON_INTEGER_FORMAT "\n", thread_id(thread));
    }
}

/* Takes a part of a long table. The last part is the reply. */
static void take_part(void *table, const json_t *part)
{
    thread_add_rows(table, part);
}

static int run(struct invocation *invocation)
{
    const struct list_options *o = invocation->options;
    struct client             *client = &invocation->session->client;
    struct table               table = {0};
    struct text                params = {0}, text = {0};
    struct reply               reply;
    int                        status;

    client->notify = take_part;
    client->notify_context = &table;
    request_write_list(&params, &o->request);
    status = client_call_written(client, "list", &params, &reply);
    client->notify = NULL;
    if (status != 0) {
        table_release(&table);
        return command_failed(invocation);
    }
    if (!o->json && !o->quiet)
        thread_add_rows(&table, reply.result);
    if (o->json)
        text_add_json(&text, reply.result);
    else if (o->quiet)
        add_ids(&text, reply.result);
    else
        text_add_table(&text, &table, output_width());
    status = command_print(invocation, &text);
    text_release(&text);
    reply_release(&reply);
    return status;
}

const struct command command_list = {
    .name = "list",
    .alias = "ls",
    .arguments = "[THREAD...]",
    .doc = "Show the threads\vTHREAD is a name, an id or a pattern such as 'web-*'; all threads "
           "if there is none. 'web/' means the threads inside the attached process of web. TIME is "
           "how long the command has run, RESULT how it ended.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_INNER | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct list_options),
    .parse = parse,
    .run = run,
};
