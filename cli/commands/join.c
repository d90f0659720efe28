#include "cli/base/probe_kinds.h"
#include "cli/base/status.h"
#include "cli/client/request.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/join_threads.h"
#include "cli/commands/report.h"
#include "cli/commands/targets.h"
#include "cli/rpc/bytes.h"
#include "cli/view/full_disk.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>

struct join_options {
    bool        all, any, ready;
    const char *until;
    double      timeout; /* negative: none */
    char      **threads; /* NULL: none */
};

enum { KEY_ALL = 256, KEY_ANY, KEY_READY, KEY_UNTIL };

#define X(kind, prefix, syntax) " " syntax
static const struct argp_option options[] = {
    {"timeout", 't', "SECONDS", 0, "Give up after SECONDS, with status 124", 0},
    {"all", KEY_ALL, NULL, 0, "Wait for every thread that is live now", 0},
    {"any", KEY_ANY, NULL, 0, "Wait for the first end only; print that thread's name", 0},
    {"ready", KEY_READY, NULL, 0, "Wait until they are ready, not until they end", 0},
    {"until", KEY_UNTIL, "PROBE", 0,
     "Wait until this holds for them, while they run:" PROBE_KINDS_LATER(X), 0},
    {0},
};
#undef X

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
    case KEY_ANY:
        o->any = true;
        return 0;
    case KEY_READY:
        o->ready = true;
        return 0;
    case KEY_UNTIL:
        o->until = argument;
        return 0;
    case ARGP_KEY_ARGS:
        o->threads = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        if (o->threads == NULL && !o->all)
            return command_usage(state, "no thread; --all joins every live thread");
        if (o->threads != NULL && o->all)
            return command_usage(state, "--all takes no thread");
        if (o->any && (o->ready || o->until != NULL))
            return command_usage(state, "--any waits for an end; --ready and --until do not");
        if (o->ready && o->until != NULL)
            return command_usage(state, "--ready and --until do not go together");
        return o->all ? 0 : command_whole_threads(state, o->threads);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Returns the threads that must be joined, or NULL with *RET_STATUS after a failure. */
static json_t *find_targets(const struct invocation *invocation, int *ret_status)
{
    const struct join_options *o = invocation->options;

    return o->all ? targets_find_live(invocation, ret_status)
                  : targets_find(invocation, o->threads, ret_status);
}

/*
 * Warns of a full disk: a probe may wait for a line that could not be written. Returns true if it
 * has warned.
 */
static bool warn_of_lost(const struct invocation *invocation)
{
    const struct join_options *o = invocation->options;

    return (o->ready || o->until != NULL) && session_has_logs_here(invocation->session) &&
           disk_warn_full("join", invocation->session->client.place->logs);
}

/* Joins TARGETS. Returns the first status, in their order, that is not 0. */
static int join(const struct invocation *invocation, const json_t *targets)
{
    const struct join_options *o = invocation->options;
    const struct join_request  wanted = {
         .timeout = o->timeout, .ready = o->ready, .until = o->until};
    bool           warned = warn_of_lost(invocation);
    int            status = STATUS_DONE;
    struct joined *joined = join_threads(invocation, targets, &wanted, &status);

    if (joined == NULL)
        status = command_own_failure(status);
    for (size_t i = 0; joined != NULL && i < json_array_size(targets) && status == STATUS_DONE; i++)
        status = joined[i].done ? joined[i].status : command_own_failure(joined[i].status);
    if (status != STATUS_DONE && !warned)
        (void) warn_of_lost(invocation);
    free(joined);
    return status;
}

/* Prints the name of THREAD, which was the first to end. Returns its status. */
static int take_first(const struct invocation *invocation, const json_t *thread)
{
    struct text line = {0};
    char       *name = NULL;
    int         status;

    line.failed = bytes_from_json(json_object_get(thread, "name"), &name) != 0;
    text_add(&line, name != NULL ? name : "");
    text_add(&line, "\n");
    free(name);
    status = command_print(invocation, &line);
    text_release(&line);
    command_explain_end(invocation, thread, true);
    return status == STATUS_DONE ? thread_status(thread) : command_own_failure(status);
}

/* Waits for the first of the threads to end. */
static int join_any(const struct invocation *invocation)
{
    const struct join_options *o = invocation->options;
    struct join_request        request = {.any = o->threads, .timeout = o->timeout};
    struct text                params = {0};
    struct reply               reply;
    int                        status;

    while (o->threads != NULL && o->threads[request.any_count] != NULL)
        request.any_count++;
    request_write_join(&params, &request);
    if (client_call_written(&invocation->session->client, "join", &params, &reply) != 0)
        return command_own_failure(command_failed(invocation));
    status = take_first(invocation, reply.result);
    reply_release(&reply);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct join_options *o = invocation->options;
    json_t                    *targets;
    int                        status;

    if (o->any)
        return join_any(invocation);
    targets = find_targets(invocation, &status);
    if (targets == NULL)
        return command_own_failure(status);
    status = join(invocation, targets);
    json_decref(targets);
    return status;
}

static bool exits_as_thread(const void *given)
{
    (void) given;
    return true;
}

const struct command command_join = {
    .name = "join",
    .arguments = "THREAD...\n--all",
    .doc = "Wait for threads, and exit as the command did\vThe exit status is the command's own, "
           "128+N if signal N ended it, 124 on a timeout, 125 if k3thread failed, 126 if the "
           "command was not executable and 127 if it was not found. Of several threads it is the "
           "first status, in the order given, that is not 0; with --any, that of the first thread "
           "to end. "
           "With --ready it is 0 when all are ready, and 125 if one ended before it was; likewise "
           "with --until.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct join_options),
    .parse = parse,
    .exits_as_thread = exits_as_thread,
    .run = run,
};
