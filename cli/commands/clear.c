#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"

struct clear_options {
    char **threads; /* NULL: all threads that have ended */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct clear_options *o = state->input;

    (void) argument;
    if (key != ARGP_KEY_ARGS)
        return ARGP_ERR_UNKNOWN;
    o->threads = state->argv + state->next;
    return command_whole_threads(state, o->threads);
}

/* Returns the parameters of the request, or NULL without memory. */
static json_t *params_of(const struct clear_options *o)
{
    json_t *words = json_array();
    int     error = 0;

    if (o->threads == NULL) {
        json_decref(words);
        return json_object();
    }
    for (char **word = o->threads; *word != NULL; word++)
        error |= json_array_append_new(words, thread_to_json(*word));
    if (error == 0)
        return json_pack("{s:o}", "threads", words);
    json_decref(words);
    return NULL;
}

static int run(struct invocation *invocation)
{
    struct reply reply;

    if (client_call(&invocation->session->client, "clear", params_of(invocation->options),
                    &reply) != 0)
        return command_failed(invocation);
    reply_release(&reply);
    return STATUS_DONE;
}

const struct command command_clear = {
    .name = "clear",
    .arguments = "[THREAD...]",
    .doc =
        "Forget the threads that have ended, and their logs\vTHREAD is a name, an id or a pattern "
        "such as 'job-*'. Without it, all threads that have ended are forgotten.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_NOT_LIVE | COMMAND_CONNECTS,
    .options_size = sizeof(struct clear_options),
    .parse = parse,
    .run = run,
};
