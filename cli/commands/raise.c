#include "cli/base/exceptions.h"
#include "cli/base/status.h"
#include "cli/client/request.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/join_threads.h"
#include "cli/commands/report.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>

struct raise_options {
    struct raise_request request; /* its thread is NULL with --all */
    bool                 all, wait;
    double               timeout; /* the seconds to wait; negative: for ever */
};

enum { KEY_ALL = 256 };

static const struct argp_option options[] = {
    {"message", 'm', "MESSAGE", 0, "What the exception says", 0},
    {"wait", 'w', "SECONDS", OPTION_ARG_OPTIONAL, "Return when the threads have ended", 0},
    {"all", KEY_ALL, NULL, 0, "Raise it in every live thread", 0},
    {0},
};

/* Refuses a NAME that no exception can have. Only the supervisor knows the exceptions of a process. */
static error_t check_exception(const struct argp_state *state, const char *name)
{
    if (exceptions_find(name) != NULL || exceptions_is_name(name))
        return 0;
    return command_refuse(state, "no exception '%s'; \"k3thread exceptions\" lists them", name);
}

/*
 * Takes THREAD [EXCEPTION], or with --all [EXCEPTION]. Must be called after all options were read.
 */
static error_t take_words(struct raise_options *o, const struct argp_state *state)
{
    char **words = state->argv + state->next;
    int    count = state->argc - state->next;

    if (!o->all && count > 0) {
        o->request.thread = *words++;
        count--;
    }
    if (count > 1)
        return command_usage(state, "unexpected argument '%s'", words[1]);
    if (count == 1)
        o->request.exception = words[0];
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct raise_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        o->request.exception = "SystemExit";
        o->timeout = -1;
        return 0;
    case 'm':
        o->request.message = argument;
        return 0;
    case 'w':
        o->wait = true;
        return argument != NULL ? command_duration(state, "--wait", argument, &o->timeout) : 0;
    case KEY_ALL:
        o->all = true;
        return 0;
    case ARGP_KEY_ARGS:
        return take_words(o, state);
    case ARGP_KEY_END:
        if (o->request.thread == NULL && !o->all)
            return command_usage(state, "no thread; --all raises in every live thread");
        if (o->wait && o->request.thread != NULL && strchr(o->request.thread, '/') != NULL)
            return command_usage(state,
                                 "--wait waits for threads of the supervisor, not for '%s' "
                                 "inside a process",
                                 o->request.thread);
        return check_exception(state, o->request.exception);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Waits until the threads have ended. Ignores their statuses. */
static int wait_for(const struct invocation *invocation, const json_t *threads, double timeout)
{
    const struct join_request wanted = {.timeout = timeout};
    int                       status = STATUS_DONE;
    struct joined            *joined = join_threads(invocation, threads, &wanted, &status);

    if (joined == NULL)
        return status;
    for (size_t i = 0; i < json_array_size(threads); i++)
        if (!joined[i].done || joined[i].unended)
            status = STATUS_FAILED;
    free(joined);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct raise_options *o = invocation->options;
    struct text                 params = {0};
    struct reply                reply;
    int                         status = STATUS_DONE;

    request_write_raise(&params, &o->request);
    if (client_call_written(&invocation->session->client, "raise", &params, &reply) != 0)
        return command_failed(invocation);
    if (o->wait)
        status = wait_for(invocation, reply.result, o->timeout);
    reply_release(&reply);
    return status;
}

const struct command command_raise = {
    .name = "raise",
    .arguments = "THREAD [EXCEPTION]\n--all [EXCEPTION]",
    .doc = "Raise an exception in a thread\vEXCEPTION is SystemExit if left out. SystemExit asks "
           "the command to end (SIGTERM), KeyboardInterrupt interrupts it (SIGINT), SIGHUP, HUP "
           "or hup hands it that signal and lets it go on; any other ends it as SystemExit does. "
           "A pattern such as 'web-*' raises it in each live thread that matches. In an attached "
           "process the exception itself arrives; 'web/worker' names a thread inside it.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_INNER | COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct raise_options),
    .parse = parse,
    .run = run,
};
