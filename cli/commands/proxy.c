/*
 * proxy: connects standard input and output to the supervisor's socket, for a client on another machine (-H). The
 * commands that the client starts get the surroundings of this process, as its login made them.
 */
#include "cli/base/status.h"
#include "cli/client/current_directory.h"
#include "cli/client/launch.h"
#include "cli/client/request.h"
#include "cli/commands/command.h"
#include "cli/commands/relay.h"
#include "cli/commands/report.h"
#include "cli/commands/supervisor_end.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/protocol.h"
#include "cli/rpc/write.h"
#include "cli/view/output.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns the place behind the blanks and the ends of lines at PLACE, all of which the supervisor ignores. */
static size_t skip_blank(const struct relay *relay, size_t place)
{
    static const char blanks[] = {' ', '\t', '\r', '\n'};

    while (place < relay->in.end && memchr(blanks, relay->in.data[place], sizeof(blanks)) != NULL)
        place++;
    return place;
}

/*
 * Returns the first line of the input that is not empty, of *RET_SIZE bytes; NULL if the input ends before the line
 * ends.
 */
static char *read_line(struct relay *relay, size_t *ret_size, int *ret_error)
{
    size_t begin = 0, seen = 0;
    int    found = 1;

    while (found > 0) {
        char *end;

        if (begin == seen)
            begin = seen = skip_blank(relay, seen);
        end =
            seen < relay->in.end ? memchr(relay->in.data + seen, '\n', relay->in.end - seen) : NULL;
        if (end != NULL) {
            *ret_size = (size_t) (end - relay->in.data) - begin;
            return relay->in.data + begin;
        }
        seen = relay->in.end;
        if (seen >= PROTOCOL_LINE_MAX)
            return NULL; /* the supervisor refuses it */
        found = relay_read_input(relay);
    }
    *ret_error = found;
    return NULL;
}

/* Returns true if REQUEST starts a thread. */
static bool is_start(const json_t *request)
{
    const char *method = json_string_value(json_object_get(request, "method"));

    return method != NULL && strcmp(method, "start") == 0;
}

/*
 * Reports that the supervisor cannot be reached: as the reply to REQUEST, if that asks for a reply. Returns the exit
 * status.
 */
static int fail(const struct invocation *invocation, const json_t *request)
{
    const struct failure *failure = &invocation->session->client.failure;
    struct text           line = {0};
    json_t               *id = json_object_get(request, "id"), *reply;
    bool                  is_absent = failure->status == STATUS_NO_SUPERVISOR;

    if (id == NULL)
        return command_failed(invocation);
    reply = json_pack("{s:s, s:O, s:{s:i, s:s%}}", "jsonrpc", ENVELOPE_VERSION, "id", id, "error",
                      "code", is_absent ? PROTOCOL_NO_SUPERVISOR_ERROR : PROTOCOL_OS_ERROR,
                      "message", failure->message.data, failure->message.size);
    if (reply == NULL)
        return command_failed(invocation);
    write_json(&line, reply);
    text_byte(&line, '\n', 1);
    json_decref(reply);
    if (line.failed || output_write(STDOUT_FILENO, line.data, line.size) != 0) {
        text_release(&line);
        return command_failed(invocation);
    }
    text_release(&line);
    return failure->status;
}

/* Puts a request with the surroundings of the client's commands in front of the input. Returns 0 or -ENOMEM. */
static int insert_surroundings(struct relay *relay)
{
    struct text line = {0};
    char       *here = current_directory_find(true);
    int         error;

    envelope_begin_notification(&line, "surroundings");
    request_write_surroundings(&line, environ, here != NULL ? here : "/");
    envelope_end(&line);
    text_byte(&line, '\n', 1);
    error = line.failed ? -ENOMEM : relay_insert(relay, line.data, line.size);
    text_release(&line);
    free(here);
    return error;
}

/* Passes on the input that was read, and the rest of the input. Returns the exit status. */
static int pass_on(const struct invocation *invocation, struct relay *relay, const json_t *request)
{
    struct client        *client = &invocation->session->client;
    struct supervisor_end end = supervisor_end_open(client->wire.fd);
    int                   error;

    relay->socket = client->wire.fd;
    error = insert_surroundings(relay);
    if (error == 0)
        error = relay_run(relay);
    supervisor_end_await(&end, client->place); /* shutdown returns when everything has ended */
    if (error != 0 && error != -EPIPE && error != -ECONNRESET)
        return command_fail(invocation, STATUS_FAILED, NULL, "cannot pass on requests: %s",
                            strerror(-error));
    if (!relay->is_cut || relay->is_answered)
        return STATUS_DONE;
    /* If the supervisor has just ended, the client can send its start again; if it could not begin, tell the reason. */
    client->failure.status = client->is_new ? STATUS_FAILED : STATUS_NO_SUPERVISOR;
    client->failure.message.size = 0;
    if (client->is_new)
        launch_add_end(client->place, &client->failure.message);
    else
        text_add(&client->failure.message, "the supervisor has just ended");
    return fail(invocation, request);
}

static int run(struct invocation *invocation)
{
    struct relay relay = {0};
    json_error_t ignored;
    json_t      *request = NULL;
    size_t       size = 0;
    int          status, error = 0;
    char        *line;

    (void) signal(SIGPIPE, SIG_IGN);
    line = read_line(&relay, &size, &error);
    if (line != NULL)
        request = parse_json(line, size, JSON_ALLOW_NUL, &ignored);
    if (error != 0)
        status = command_fail(invocation, STATUS_FAILED, NULL, "cannot read standard input: %s",
                              strerror(-error));
    else if (session_connect(invocation->session, is_start(request)) != 0)
        status = fail(invocation, request);
    else
        status = pass_on(invocation, &relay, request);
    json_decref(request);
    relay_release(&relay);
    return status;
}

const struct command command_proxy = {
    .name = "proxy",
    .doc =
        "Join standard input and output to the supervisor's socket\vFor a client on another "
        "machine: "
        "k3thread -H HOST runs \"ssh HOST k3thread proxy\". A first request that is a start "
        "brings a supervisor up. The commands get the environment, limits, umask and directory of "
        "this process.",
    .group = COMMAND_GROUP_SUPERVISOR,
    .flags = COMMAND_PLACE | COMMAND_HERE,
    .run = run,
};
