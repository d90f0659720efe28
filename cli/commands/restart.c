/* restart: ends the commands of threads and runs them again. */
#include "cli/base/status.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/join_threads.h"
#include "cli/commands/report.h"
#include "cli/commands/targets.h"

#include <stdbool.h>
#include <stdlib.h>

struct restart_options {
    char **threads; /* NULL: none */
    bool   wait;
};

static const struct argp_option options[] = {
    {"wait", 'w', NULL, 0, "Return when the threads are ready again", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct restart_options *o = state->input;

    (void) argument;
    switch (key) {
    case 'w':
        o->wait = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->threads = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        return o->threads == NULL ? command_usage(state, "no thread")
                                  : command_whole_threads(state, o->threads);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Sends a request for each of TARGETS. The ids of the replies are *RET_FIRST and the numbers that follow it. */
static int send_all(struct client *client, const json_t *targets, json_int_t *ret_first)
{
    json_t *target;
    size_t  i;

    json_array_foreach((json_t *) targets, i, target) {
        json_t *params = json_pack("{s:O, s:[s]}", "thread", target_word(target), "members", "id");
        json_int_t id;
        int        error = client_send(client, "restart", params, &id);

        if (error != 0)
            return error;
        if (i == 0)
            *ret_first = id;
    }
    return 0;
}

/*
 * Takes the replies to COUNT requests from the id FIRST on. Puts the threads that run again into RESTARTED, in the
 * order of their replies, and the first status that is not 0 into *RET_STATUS. Returns 0 or -errno.
 */
static int take_all(const struct invocation *invocation, json_int_t first, size_t count,
                    json_t *restarted, int *ret_status)
{
    struct client *client = &invocation->session->client;

    while (count > 0) {
        struct reply reply;
        int          status = STATUS_DONE;
        int          error = client_receive(client, &reply);

        if (error != 0)
            return error;
        if (reply.id >= first) {
            count--;
            if (client_check(client, &reply) != 0)
                status = command_failed(invocation);
            else if (json_array_append(restarted, (json_t *) reply.result) != 0)
                status = command_fail_memory(invocation, STATUS_FAILED);
        }
        if (*ret_status == STATUS_DONE)
            *ret_status = status;
        reply_release(&reply);
    }
    return 0;
}

/* Waits until THREADS are ready. */
static int wait_until_ready(const struct invocation *invocation, const json_t *threads)
{
    const struct join_request wanted = {.timeout = -1, .ready = true};
    size_t                    count = json_array_size(threads);
    struct joined            *joined = calloc(count + 1, sizeof(*joined));
    int                       status = STATUS_DONE;

    if (joined == NULL)
        return command_fail_memory(invocation, STATUS_FAILED);
    if (join_threads(invocation, threads, &wanted, joined) != 0)
        status = command_failed(invocation);
    for (size_t i = 0; i < count && status == STATUS_DONE; i++)
        status = joined[i].status;
    free(joined);
    return status;
}

/* Restarts TARGETS, all at the same time. */
static int restart(const struct invocation *invocation, const json_t *targets)
{
    const struct restart_options *o = invocation->options;
    json_t                       *restarted = json_array();
    json_int_t                    first = 0;
    int                           status = STATUS_DONE;

    if (restarted == NULL)
        return command_fail_memory(invocation, STATUS_FAILED);
    if (send_all(&invocation->session->client, targets, &first) != 0 ||
        take_all(invocation, first, json_array_size(targets), restarted, &status) != 0)
        status = command_failed(invocation);
    else if (o->wait && json_array_size(restarted) > 0) {
        int waited = wait_until_ready(invocation, restarted);

        status = status != STATUS_DONE ? status : waited;
    }
    json_decref(restarted);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct restart_options *o = invocation->options;
    json_t                       *targets = json_array();
    int                           status;

    if (targets == NULL)
        return command_fail_memory(invocation, STATUS_FAILED);
    status = targets_find(invocation, o->threads, targets);
    if (status == STATUS_DONE)
        status = restart(invocation, targets);
    json_decref(targets);
    return status;
}

const struct command command_restart = {
    .name = "restart",
    .arguments = "THREAD...",
    .doc =
        "End the command of a thread and run it again\vThe thread keeps its id, its name and its "
        "log, and a join of it goes on waiting. The command is ended as SystemExit ends it; a "
        "thread that has ended begins again. Returns when the command runs, or could not be "
        "run: the status is 126 or 127 then.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_ENDED | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct restart_options),
    .parse = parse,
    .run = run,
};
