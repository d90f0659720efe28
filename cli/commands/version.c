#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/view/thread_text.h"

#include <string.h>

static void add_socket(const struct invocation *invocation, struct text *text)
{
    const struct session *session = invocation->session;
    const char           *socket = session->host != NULL ? session->host : session->place.socket;

    text_add(text, session->host != NULL ? " on " : " at ");
    text_add_escaped(text, socket, strlen(socket));
    text_add(text, "\n");
}

/* Adds the line about the supervisor, or that there is no supervisor. Both lines name the socket. */
static void add_supervisor(const struct invocation *invocation, struct text *text)
{
    struct client *client = &invocation->session->client;
    struct reply   reply;

    if (session_connect(invocation->session, false) != 0 ||
        client_call(client, "version", json_object(), &reply) != 0) {
        text_add(text, "no supervisor");
        add_socket(invocation, text);
        return;
    }
    text_add(text, "supervisor ");
    thread_add_bytes(text, json_object_get(reply.result, "version"));
    text_printf(text, " (protocol %" JSON_INTEGER_FORMAT ", pid %" JSON_INTEGER_FORMAT ")",
                json_integer_value(json_object_get(reply.result, "protocol")),
                json_integer_value(json_object_get(reply.result, "pid")));
    add_socket(invocation, text);
    reply_release(&reply);
}

static int run(struct invocation *invocation)
{
    struct text text = {0};
    int         status;

    text_add(&text, "k3thread " K3THREAD_VERSION "\n");
    add_supervisor(invocation, &text);
    status = command_print(invocation, &text);
    text_release(&text);
    return status;
}

const struct command command_version = {
    .name = "version",
    .doc = "Show the versions of program and supervisor, and the socket",
    .group = COMMAND_GROUP_HELP,
    .flags = COMMAND_PLACE,
    .run = run,
};
