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

/* Sends a request for each of TARGETS. Returns 0 or -errno. */
static int send_all(struct client *client, const json_t *targets)
{
    json_t *target;
    size_t  i;

    json_array_foreach((json_t *) targets, i, target) {
        json_t *params = json_pack("{s:O, s:[s]}", "thread", target_word(target), "members", "id");
        int     error = client_send(client, "restart", params, NULL);

        if (error != 0)
            return error;
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
    int                       status = STATUS_DONE;
    struct joined            *joined = join_threads(invocation, threads, &wanted, &status);

    if (joined == NULL)
        return status;
    for (size_t i = 0; i < json_array_size(threads) && status == STATUS_DONE; i++)
        status = joined[i].status;
    free(joined);
    return status;
}

/* Restarts TARGETS, all at the same time. */
static int restart(const struct invocation *invocation, const json_t *targets)
{
    const struct restart_options *o = invocation->options;
    struct client                *client = &invocation->session->client;
    json_int_t                    first = client_next_id(client);
    json_t                       *restarted = json_array();
    int                           status = STATUS_DONE;

    if (restarted == NULL)
        return command_fail_memory(invocation, STATUS_FAILED);
    if (send_all(client, targets) != 0 ||
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
    int                           status;
    json_t                       *targets = targets_find(invocation, o->threads, &status);

    if (targets == NULL)
        return status;
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
