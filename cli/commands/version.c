#include "cli/command.h"
#include "cli/view.h"

#include <string.h>

/* The supervisor's line; nothing when there is none. */
static void add_supervisor(const struct call *call, struct text *text)
{
    struct client *client = &call->session->client;
    unsigned       flags = call->session->socket != NULL ? CLIENT_ANY_USER : 0;
    struct reply   reply;

    if (client_open(client, &call->session->place, flags) != 0 ||
        client_call(client, "version", json_object(), &reply) != 0)
        return;
    text_add(text, "supervisor ");
    view_add_bytes(text, json_object_get(reply.result, "version"));
    text_printf(text, " (protocol %" JSON_INTEGER_FORMAT ", pid %" JSON_INTEGER_FORMAT ") at ",
                json_integer_value(json_object_get(reply.result, "protocol")),
                json_integer_value(json_object_get(reply.result, "pid")));
    text_add_escaped(text, call->session->place.socket, strlen(call->session->place.socket));
    text_add(text, "\n");
    reply_release(&reply);
}

static int run(struct call *call)
{
    struct text text = {0};
    int         status;

    text_add(&text, "k3thread " K3THREAD_VERSION "\n");
    add_supervisor(call, &text);
    status = command_print(call, &text);
    text_release(&text);
    return status;
}

const struct command command_version = {
    .name = "version",
    .doc = "Show the version, and the supervisor's if one runs",
    .group = COMMAND_GROUP_HELP,
    .flags = COMMAND_PLACE,
    .run = run,
};
