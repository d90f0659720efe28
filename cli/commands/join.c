#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/join_threads.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"
#include "cli/view/full_disk.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>

struct join_options {
    bool   all, ready;
    double timeout; /* negative: none */
    char **threads; /* NULL: none */
};

enum { KEY_ALL = 256, KEY_READY };

static const struct argp_option options[] = {
    {"timeout", 't', "SECONDS", 0, "Give up after so long, with status 124", 0},
    {"all", KEY_ALL, NULL, 0, "Wait for every thread that is live now", 0},
    {"ready", KEY_READY, NULL, 0, "Wait until they are ready, not until they end", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct join_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        o->timeout = -1;
        return 0;
    case 't':
        return command_duration(state, "--timeout", argument, &o->timeout);
    case KEY_ALL:
        o->all = true;
        return 0;
    case KEY_READY:
        o->ready = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->threads = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        if (o->threads == NULL && !o->all)
            return command_usage(state, "no thread; --all is for every live one");
        if (o->threads != NULL && o->all)
            return command_usage(state, "--all takes no thread");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int fail_memory(const struct invocation *call)
{
    return command_fail_memory(call, STATUS_INTERNAL);
}

/* Makes a key of NAME, which is an object if it is no text. No name has a '/', so that the keys differ. */
static void add_key(struct text *key, const json_t *name)
{
    key->size = 0;
    if (json_is_string(name))
        text_add(key, json_string_value(name));
    else
        text_printf(key, "/%s", json_string_value(json_object_get(name, "base64")));
    text_append(key, "", 1);
}

/* Returns the newest thread of each name: a name stands for the newest of its threads, and so does a pattern. */
static json_t *newest_of_names(const json_t *threads)
{
    json_t       *newest = json_object();
    struct text   key = {0};
    const json_t *thread;
    size_t        i;
    int           error = 0;

    json_array_foreach((json_t *) threads, i, thread) {
        add_key(&key, json_object_get(thread, "name"));
        error |= key.failed || json_object_set(newest, key.data, (json_t *) thread) != 0;
    }
    text_release(&key);
    if (error == 0)
        return newest;
    json_decref(newest);
    return NULL;
}

/* Appends the threads that "list" with PARAMS answers. */
static int append_listed(const struct invocation *call, json_t *params, json_t *targets)
{
    struct reply reply;
    json_t      *newest;
    const char  *name;
    json_t      *thread;
    int          error;

    if (client_call(&call->session->client, "list", params, &reply) != 0)
        return command_own_failure(command_failed(call));
    newest = newest_of_names(reply.result);
    reply_release(&reply);
    error = newest == NULL;
    json_object_foreach(newest, name, thread)
        error |= json_array_append(targets, thread);
    json_decref(newest);
    return error == 0 ? STATUS_DONE : fail_memory(call);
}

static int append_pattern(const struct invocation *call, const char *pattern, json_t *targets)
{
    size_t before = json_array_size(targets);
    int    status =
        append_listed(call, json_pack("{s:[o]}", "threads", thread_to_json(pattern)), targets);

    if (status != STATUS_DONE || json_array_size(targets) > before)
        return status;
    return command_fail(call, STATUS_NO_THREAD, "InvalidThreadIdError", "no thread fits '%s'",
                        pattern);
}

static int append_word(const struct invocation *call, const char *thread, json_t *targets)
{
    if (thread_is_pattern(thread))
        return append_pattern(call, thread, targets);
    if (json_array_append_new(targets, thread_to_json(thread)) != 0)
        return fail_memory(call);
    return STATUS_DONE;
}

/* Returns those of WORDS that are no patterns, as a request has them; NULL without memory. */
static json_t *exact_words(char **words)
{
    json_t *exact = json_array();
    int     error = exact == NULL;

    for (; *words != NULL && error == 0; words++)
        if (!thread_is_pattern(*words))
            error = json_array_append_new(exact, thread_to_json(*words));
    if (error == 0)
        return exact;
    json_decref(exact);
    return NULL;
}

/* Fails if one of several WORDS names no thread: the wait for the others would hide it. */
static int check_words(const struct invocation *call, char **words)
{
    json_t      *exact;
    struct reply reply;

    if (words[1] == NULL)
        return STATUS_DONE;
    exact = exact_words(words);
    if (exact == NULL)
        return fail_memory(call);
    if (json_array_size(exact) == 0) { /* an empty list would ask for all threads */
        json_decref(exact);
        return STATUS_DONE;
    }
    if (client_call(&call->session->client, "list",
                    json_pack("{s:o, s:[s]}", "threads", exact, "members", "id"), &reply) != 0)
        return command_own_failure(command_failed(call));
    reply_release(&reply);
    return STATUS_DONE;
}

/* Fills TARGETS with what is to be joined: words as they were given, and the threads that match patterns. */
static int find_targets(const struct invocation *call, json_t *targets)
{
    const struct join_options *o = call->options;
    int                        status;

    if (o->all)
        return append_listed(call, json_pack("{s:b}", "live", 1), targets);
    status = check_words(call, o->threads);
    for (char **thread = o->threads; *thread != NULL && status == STATUS_DONE; thread++)
        status = append_word(call, *thread, targets);
    return status;
}

/* Warns of a full disk: a probe may wait for a line that is lost. Returns true if it has warned. */
static bool warn_of_lost(const struct invocation *call)
{
    const struct join_options *o = call->options;

    return o->ready && disk_warn_full("join", call->session->client.place->logs);
}

/* Joins TARGETS. Returns the first status, in their order, that is not 0. */
static int join(const struct invocation *call, const json_t *targets)
{
    const struct join_options *o = call->options;
    size_t                     count = json_array_size(targets);
    struct joined             *joined = calloc(count + 1, sizeof(*joined));
    int                        status = STATUS_DONE;
    bool                       warned;

    if (joined == NULL)
        return fail_memory(call);
    warned = warn_of_lost(call);
    if (join_threads(call, targets, o->timeout, o->ready, joined) != 0)
        status = command_own_failure(command_failed(call));
    for (size_t i = 0; i < count && status == STATUS_DONE; i++)
        status = joined[i].done ? joined[i].status : command_own_failure(joined[i].status);
    if (status != STATUS_DONE && !warned)
        (void) warn_of_lost(call);
    free(joined);
    return status;
}

static int run(struct invocation *call)
{
    json_t *targets = json_array();
    int     status;

    if (targets == NULL)
        return fail_memory(call);
    status = find_targets(call, targets);
    if (status == STATUS_DONE)
        status = join(call, targets);
    json_decref(targets);
    return status;
}

const struct command command_join = {
    .name = "join",
    .arguments = "THREAD...\n--all",
    .doc = "Wait for threads, and exit as the command did\vThe exit status is the command's own, "
           "128+N if signal N ended it, 124 on a timeout, 125 if k3thread failed, 126 if the "
           "command was not executable and 127 if it was not found. Of several threads it is the "
           "first in the order given that is not 0. With --ready it is 0 when all are ready, and "
           "125 if one ended before it was.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct join_options),
    .parse = parse,
    .run = run,
};
