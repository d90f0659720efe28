/* start and daemon: start a command as a thread. */
#include "cli/base/status.h"
#include "cli/client/current_directory.h"
#include "cli/client/request.h"
#include "cli/commands/attach_start.h"
#include "cli/commands/attach_terminal.h"
#include "cli/commands/command.h"
#include "cli/commands/executable.h"
#include "cli/commands/lost_limits.h"
#include "cli/commands/report.h"
#include "cli/commands/start_check.h"
#include "cli/commands/start_options.h"
#include "cli/commands/start_wait.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The most supervisors in a row that may end before they get the request. */
#define TRIES 5

/* Returns true if this terminal is to be attached to the thread's terminal. */
static bool attaches(const struct invocation *invocation)
{
    const struct start_options *o = invocation->options;

    return o->wait && o->request.tty && !invocation->session->scripted && attach_is_possible();
}

/* Returns true if the next command does not wait for the reply to this start. */
static bool is_chained(const struct invocation *invocation)
{
    const struct start_options *o = invocation->options;

    return invocation->session->chains && !o->wait;
}

/*
 * Returns true if the command will run, as far as this process can tell. The supervisor then begins
 * the next start of the chain without waiting for this one.
 */
static bool is_sure(const struct start_options *o)
{
    const struct start_request *request = &o->request;

    return !request->call && o->environment == NULL && request->input == NULL &&
           request->output == NULL && request->directory == NULL &&
           executable_is_there(request->command[0]);
}

static void write_request(struct text *params, const struct invocation *invocation,
                          const char *here)
{
    const struct start_options *o = invocation->options;
    struct start_request        request = o->request;

    request.here = here;
    request.is_elsewhere = invocation->session->host != NULL;
    request.environment = o->environment != NULL || request.is_elsewhere ? o->environment : environ;
    request.environment_known =
        o->environment == NULL && invocation->session->client.environment_known;
    request.daemon |= (invocation->command->flags & COMMAND_DAEMON) != 0;
    request.keep = o->wait;
    request.attach = attaches(invocation);
    request.chained = is_chained(invocation);
    request.is_sure = request.chained && is_sure(o);
    request.input_stays_open = o->has_input && request.input == NULL;
    request_write_start(params, &request);
}

/* The parts of this command that stay with the thread from its start on; NULL: there is none of the kind. */
struct company {
    struct follow       *follow; /* will follow it */
    struct attach_start *attach; /* will attach to its terminal */
};

/* Sends the request with PARAMS, and waits for its reply. */
static int send_start(struct client *client, struct text *params, const struct company *company,
                      struct reply *ret)
{
    if (company->follow != NULL)
        return start_wait_send(company->follow, params, ret);
    if (company->attach != NULL)
        return attach_start_send(company->attach, client, params, ret);
    return client_call_written(client, "start", params, ret);
}

/*
 * Requests the thread. A supervisor that is just ending may close the connection before it gets the
 * request; the request is then sent to the next supervisor. HERE is NULL if the quick way has sent
 * the request already.
 */
static int call_start(struct invocation *invocation, const char *here,
                      const struct company *company, struct reply *ret)
{
    const struct start_options *o = invocation->options;
    struct client              *client = &invocation->session->client;
    int                         error = -ENOENT;

    for (unsigned tries = 0; tries < TRIES && error == -ENOENT; tries++) {
        struct text params = {0};

        if (tries > 0 && client_reopen(client) != 0)
            break;
        if (here != NULL)
            write_request(&params, invocation, here);
        error = send_start(client, &params, company, ret);
        if (here == NULL)
            break;
    }
    client->environment_known = error == 0 && o->environment == NULL;
    return error;
}

/* Returns true if no path of the request is relative to the current directory. */
static bool needs_no_directory(const struct start_request *request)
{
    return request->directory != NULL && !current_directory_matters(request->directory) &&
           !current_directory_matters(request->output) &&
           !current_directory_matters(request->input);
}

/*
 * Returns the current directory's path, to be freed; an empty string if the command runs elsewhere. If the directory
 * was removed, it has no path: reports that and returns NULL.
 */
static char *current_directory(const struct invocation *invocation)
{
    const struct start_options *o = invocation->options;
    char                       *here;

    if (invocation->session->host != NULL)
        here = strdup("");
    else
        here = current_directory_find(needs_no_directory(&o->request));
    if (here == NULL)
        (void) command_fail(invocation, STATUS_FAILED, NULL,
                            "the current directory has no path: %s; --directory names another one",
                            strerror(errno));
    return here;
}

static int start_chained(const struct invocation *invocation)
{
    const struct start_options *o = invocation->options;
    struct client              *client = &invocation->session->client;
    char                       *here = current_directory(invocation);
    struct text                 params = {0};

    if (here == NULL)
        return STATUS_FAILED;
    write_request(&params, invocation, here);
    free(here);
    client->environment_known = o->environment == NULL;
    return chain_start(&invocation->session->chain, client, invocation->command->name, &params);
}

static int start(struct invocation *invocation, const struct company *company, json_int_t *ret_id)
{
    bool         adopted = invocation->session->client.adopted;
    char        *here = adopted ? NULL : current_directory(invocation);
    struct reply reply;
    int          error;

    if (here == NULL && !adopted)
        return STATUS_FAILED;
    error = call_start(invocation, here, company, &reply);
    free(here);
    if (error != 0)
        return chain_report(&invocation->session->chain, &invocation->session->client,
                            invocation->command->name);
    lost_limits_warn(invocation->command->name, reply.result);
    *ret_id = thread_id(reply.result);
    reply_release(&reply);
    return STATUS_DONE;
}

/* Makes FOLLOW copy this process's input to the thread, if the user asked for that. Returns 0 or -errno. */
static int copy_input(const struct invocation *invocation, struct follow *follow)
{
    const struct start_options *o = invocation->options;

    if (!o->has_input || o->request.input != NULL)
        return 0;
    follow->input.timeout = -1;
    follow->input.ends_input = true;
    return input_copy_open(&follow->input, &invocation->session->client, json_integer(follow->id));
}

static int start_and_wait(struct invocation *invocation)
{
    struct follow follow;
    int           status = chain_settle(&invocation->session->chain, &invocation->session->client);

    if (status != STATUS_DONE)
        return status;
    start_wait_open(&follow, invocation);
    if (!invocation->session->scripted) /* the front of a run handles the signals of its script */
        status = command_own_failure(follow_take_signals(&follow));
    (void) signal(SIGPIPE,
                  SIG_IGN); /* this process must live on to raise SystemExit in the thread */
    if (status == STATUS_DONE)
        status = command_own_failure(
            start(invocation, &(struct company){.follow = &follow}, &follow.id));
    if (status == STATUS_DONE && copy_input(invocation, &follow) != 0)
        status = command_own_failure(command_failed(invocation));
    if (status == STATUS_DONE)
        status = start_wait_run(&follow);
    invocation->session->ended_by = signals_first(&follow.pass.signals);
    follow_close(&follow);
    return status;
}

/* Ends the thread ID by SystemExit, because this process was asked to end. */
static void end_thread(struct client *client, json_int_t id)
{
    struct reply reply;

    if (client_call(client, "raise", json_pack("{s:I}", "thread", id), &reply) == 0)
        reply_release(&reply);
}

/* Waits for the end of the thread ID, which has a terminal. Returns the exit status for it. */
static int join_attached(const struct invocation *invocation, json_int_t id)
{
    struct reply reply;
    int          status;

    if (client_call(&invocation->session->client, "join", json_pack("{s:I}", "thread", id),
                    &reply) != 0)
        return command_own_failure(command_failed(invocation));
    command_explain_end(invocation, reply.result, false);
    status = thread_status(reply.result);
    reply_release(&reply);
    return status;
}

/* Leaves the thread ID after END, which was its end or a signal. Returns the exit status for the thread's end. */
static int leave(const struct invocation *invocation, json_int_t id,
                 const struct attach_start *begun, const struct attach_end *end)
{
    struct client *client = &invocation->session->client;

    if (begun->end != NULL) {
        command_explain_end(invocation, begun->end, false);
        return thread_status(begun->end);
    }
    if (client_reopen(client) != 0)
        return command_own_failure(command_failed(invocation));
    if (end->signal != 0)
        end_thread(client, id);
    return join_attached(invocation, id);
}

/* Starts the thread and attaches to its terminal, until the user detaches or the thread ends. */
static int start_and_attach(struct invocation *invocation)
{
    struct session     *session = invocation->session;
    struct attach_start begun = {0};
    struct attach_end   end = {0};
    json_int_t          id = 0;
    int                 status = chain_settle(&session->chain, &session->client);

    if (status == STATUS_DONE)
        status = command_own_failure(start(invocation, &(struct company){.attach = &begun}, &id));
    if (status == STATUS_DONE)
        status =
            command_own_failure(attach_terminal(invocation, json_integer(id), false, &begun, &end));
    session->ended_by = end.signal;
    if (status == STATUS_DONE && (end.signal != 0 || end.has_ended))
        status = leave(invocation, id, &begun, &end);
    attach_start_close(&begun);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct start_options *o = invocation->options;
    struct text                 line = {0};
    json_int_t                  id = 0;
    int                         status;

    if (attaches(invocation))
        return start_and_attach(invocation);
    if (o->wait)
        return start_and_wait(invocation);
    invocation->session->only_started = true;
    if (is_chained(invocation))
        return start_chained(invocation);
    status = start(invocation, &(struct company){0}, &id);
    if (status != STATUS_DONE || invocation->session->scripted)
        return status;
    text_printf(&line, "%" JSON_INTEGER_FORMAT "\n", id);
    status = command_print(invocation, &line);
    text_release(&line);
    return status;
}

static bool exits_as_thread(const void *options)
{
    return ((const struct start_options *) options)->wait;
}

#define DETAILS                                                                                    \
    "Prints the thread's id as soon as the command runs (with --after, at once). The command "     \
    "gets the directory, the environment, the umask, the scheduling and the resource limits of "   \
    "the caller, and /dev/null as input. "                                                         \
    "SECONDS may have a suffix: 200ms, 1.5s, 2m, 1h."

/* The members of a command that start and daemon share. */
#define COMMON                                                                                     \
    .arguments = "[--] COMMAND [ARGUMENT...]\n--call=LIBRARY:FUNCTION [--] [ARGUMENT...]",         \
    .group = COMMAND_GROUP_THREADS, .options = start_options_list,                                 \
    .options_size = sizeof(struct start_options), .parse = start_options_parse,                    \
    .check = start_check, .exits_as_thread = exits_as_thread, .run = run,                          \
    .release = start_options_release

const struct command command_start = {
    .name = "start",
    .doc = "Start a command as a thread\v" DETAILS,
    .flags = COMMAND_STARTS | COMMAND_IN_ORDER | COMMAND_ENDED,
    COMMON,
};

const struct command command_daemon = {
    .name = "daemon",
    .doc = "Start a command as a daemon thread\vIt goes on when the other threads have ended. A "
           "shutdown or a run waits for those, and then ends it. " DETAILS,
    .flags = COMMAND_STARTS | COMMAND_IN_ORDER | COMMAND_DAEMON | COMMAND_ENDED,
    COMMON,
};
