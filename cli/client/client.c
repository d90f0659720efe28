#include "cli/client/client.h"

#include "cli/base/clock.h"
#include "cli/base/process_state.h"
#include "cli/base/status.h"
#include "cli/client/client_failure.h"
#include "cli/client/launch.h"
#include "cli/place/socket.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/table_line.h"
#include "cli/rpc/write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

/*
 * The id of the greeting, a request that is answered at once. The client sends it to a host behind the first request,
 * whose reply may take long. The reply to the greeting shows that the connection has reached a supervisor: if the
 * connection ends after that, it broke. Other requests have ids from 1 on.
 */
#define GREETING_ID 0

/* The seconds without an answer after which a stopped supervisor is named. */
#define STOPPED_AFTER 0.4

/*
 * Checks the user of the process that listens at the socket. That process gets this process's
 * environment, so it must run as the same user or as root.
 */
static int check_peer(struct client *client)
{
    struct ucred peer;
    int          error;

    if (client->host != NULL)
        return 0; /* the other machine checks */
    error = socket_find_peer(client->wire.fd, &peer);
    if (error != 0)
        return client_fail_open(client, error);
    client->foreign = peer.uid != geteuid() && geteuid() != 0;
    if (peer.uid == 0 || peer.uid == geteuid())
        return 0;
    if (geteuid() == 0 && (client->flags & CLIENT_ANY_USER))
        return 0;
    return client_fail(client, -EPERM, STATUS_FAILED, "PermissionError",
                       "the supervisor at %s belongs to user %u%s", client->place->socket,
                       (unsigned) peer.uid, geteuid() == 0 ? "; name it with -S to use it" : "");
}

int client_open(struct client *client, const struct place *place, unsigned flags)
{
    if (client->open && !client->adopted)
        return 0;
    /*
     * The replies come from the user's own supervisor: no random seed need protect their hash
     * tables.
     */
    json_object_seed(1);
    client->place = place;
    client->host = NULL;
    client->flags = flags;
    return client_reopen(client);
}

int client_open_host(struct client *client, const char *host, unsigned flags)
{
    if (client->open)
        return 0;
    json_object_seed(1); /* the replies come through the user's own ssh, as safe as above */
    client->place = NULL;
    client->host = host;
    client->flags = flags;
    return client_reopen(client);
}

void client_adopt(struct client *client, int fd, const char *received, size_t size)
{
    client->wire = (struct wire){.fd = fd};
    text_append(&client->wire.received.bytes, received, size);
    client->open = client->adopted = true;
}

/* Connects, unless the client has adopted a connection to the place already. */
static int connect_client(struct client *client, struct text *why)
{
    if (client->adopted)
        return 0;
    client->wire = (struct wire){.fd = -1};
    client->greeted = client->heard = client->has_looked = false;
    if (client->host != NULL)
        return ssh_start(&client->ssh, client->host, !(client->flags & CLIENT_SILENT),
                         &client->wire.fd, why);
    return launch_connect(client->place, &client->wire.fd, why);
}

int client_reopen(struct client *client)
{
    struct text why = {0};
    int         error = connect_client(client, &why);

    if (client->host == NULL && launch_is_absent(error) && (client->flags & CLIENT_START))
        error = launch_supervisor(client->place, &client->wire.fd, &why);
    client->is_new = error == 1;
    client->open = error >= 0;
    error = error > 0 ? 0 : error;
    if (error == 0)
        error = check_peer(client);
    else if (why.size > 0)
        client_fail(client, error, client->host != NULL ? STATUS_NO_SUPERVISOR : STATUS_FAILED,
                    client->host != NULL ? NULL : client_name_of_error(error), "%.*s",
                    (int) why.size, why.data);
    else
        client_fail_open(client, error);
    text_release(&why);
    if (error != 0)
        client_drop(client);
    return error;
}

static int flush(struct client *client)
{
    int error = wire_flush(&client->wire);

    return error == 0 ? 0 : client_fail_wire(client, error);
}

/* Asks a host for a sign of life, once a connection. Returns 0 or -errno. */
static int greet(struct client *client)
{
    struct text params = {0};
    int         error;

    if (client->host == NULL || client->greeted)
        return 0;
    client->greeted = true;
    text_add(&params, "{}");
    error = wire_queue(&client->wire, GREETING_ID, "version", &params);
    text_release(&params);
    return error;
}

int client_queue_written(struct client *client, const char *method, struct text *params,
                         json_int_t *ret_id)
{
    int error = params->failed ? -ENOMEM : 0;

    if (error == 0) {
        client->last_id++;
        if (!client->adopted)
            error = wire_queue(&client->wire, client->last_id, method, params);
        if (error == 0)
            error = greet(client);
        client->adopted = false;
    }
    text_release(params);
    if (ret_id != NULL)
        *ret_id = client->last_id;
    return error == 0 ? 0 : client_fail_wire(client, error);
}

int client_send_written(struct client *client, const char *method, struct text *params,
                        json_int_t *ret_id)
{
    int error = client_queue_written(client, method, params, ret_id);

    return error == 0 ? flush(client) : error;
}

int client_queue(struct client *client, const char *method, json_t *params, json_int_t *ret_id)
{
    struct text text = {.failed = params == NULL};

    if (params != NULL)
        write_json(&text, params);
    json_decref(params);
    return client_queue_written(client, method, &text, ret_id);
}

json_int_t client_next_id(const struct client *client)
{
    return client->last_id + 1;
}

int client_send(struct client *client, const char *method, json_t *params, json_int_t *ret_id)
{
    int error = client_queue(client, method, params, ret_id);

    return error == 0 ? flush(client) : error;
}

int client_check(struct client *client, const struct reply *reply)
{
    const json_t *error = json_object_get(reply->message, "error");
    const char   *type = json_string_value(json_object_get(json_object_get(error, "data"), "type"));
    const char   *message = json_string_value(json_object_get(error, "message"));

    if (reply->result != NULL)
        return 0;
    if (client->host != NULL && client_status_of_error(error) == STATUS_NO_SUPERVISOR) {
        client_drop(client);
        return client_fail(client, -ENOENT, STATUS_NO_SUPERVISOR, NULL, "%s: %s", client->host,
                           message != NULL ? message : "no supervisor");
    }
    return client_fail(client, -EREMOTEIO, client_status_of_error(error), type, "%s",
                       message != NULL ? message : "the supervisor gives no reason");
}

/* Parses a line as a reply. Returns 1, 0 if the line is a notification, or -errno. */
static int parse_reply(struct client *client, char *line, size_t size, struct reply *ret)
{
    json_error_t  error;
    json_t       *message = table_line_parse(line, size, &error);
    const json_t *id = json_object_get(message, "id");
    const json_t *result = json_object_get(message, "result");

    if (message == NULL && parse_lacked_memory(&error))
        return client_fail_memory(client);
    if (client->host != NULL && json_is_integer(id) && json_integer_value(id) == GREETING_ID) {
        client->heard = true;
        json_decref(message);
        return 0;
    }
    if (json_is_object(message) && id == NULL) {
        if (client->notify != NULL)
            client->notify(client->notify_context, json_object_get(message, "params"));
        json_decref(message);
        return 0;
    }
    if ((!json_is_integer(id) && !json_is_null(id)) ||
        (result == NULL && !json_is_object(json_object_get(message, "error")))) {
        json_decref(message);
        return client_fail_garbage(client);
    }
    client->is_new = false;
    *ret = (struct reply){
        .id = json_is_null(id) ? client->last_id : json_integer_value(id),
        .message = message,
        .result = result,
    };
    client->heard = true;
    client->refused |= json_is_null(id) && client_check(client, ret) != 0;
    return 1;
}

/* Takes the next reply out of the received bytes. Returns 1, 0 if there is none yet, or -errno. */
static int take_reply(struct client *client, struct reply *ret)
{
    size_t size;
    char  *line;
    int    found = 0;

    while (found == 0 && (line = line_buffer_next(&client->wire.received, &size)) != NULL)
        found = parse_reply(client, line, size - 1, ret);
    return found;
}

/* Names the supervisor on standard error if it is stopped: it answers only when another process lets it go on. */
static void warn_if_stopped(const struct client *client)
{
    struct ucred peer;

    if (socket_find_peer(client->wire.fd, &peer) == 0 &&
        process_state_is_stopped(process_state(peer.pid)))
        (void) dprintf(
            STDERR_FILENO,
            "k3thread: waiting: process %d, the supervisor, is stopped; \"kill -CONT %d\" "
            "lets it go on\n",
            (int) peer.pid, (int) peer.pid);
}

/*
 * Waits for bytes, or until DEADLINE. The first time that none come for a while, looks whether the supervisor is
 * stopped. Returns as wire_wait() does.
 */
static int wait_for_bytes(struct client *client, double deadline)
{
    bool   has_time = isinf(deadline) || clock_until(deadline) > STOPPED_AFTER;
    double seconds = clock_until(deadline);
    int    error;

    if (client->has_looked || client->host != NULL || !has_time)
        return wire_wait(&client->wire, seconds);
    error = wire_wait(&client->wire, STOPPED_AFTER);
    if (error != -ETIMEDOUT)
        return error;
    client->has_looked = true;
    warn_if_stopped(client);
    return 0;
}

/* Waits for the next reply, or until DEADLINE on the monotonic clock. */
static int receive(struct client *client, double deadline, struct reply *ret)
{
    for (;;) {
        int found = take_reply(client, ret);
        int error;

        if (found != 0)
            return found > 0 ? 0 : found;
        error = wait_for_bytes(client, deadline);
        if (error < 0)
            return client_fail_wire(client, error);
    }
}

int client_receive(struct client *client, struct reply *ret)
{
    return receive(client, INFINITY, ret);
}

int client_try_receive(struct client *client, struct reply *ret)
{
    int found = take_reply(client, ret);

    while (found == 0) {
        int error = flush(client);

        if (error != 0)
            return error;
        error = wire_read(&client->wire);
        if (error <= 0)
            return error == 0 ? 0 : client_fail_wire(client, error);
        found = take_reply(client, ret);
    }
    return found;
}

int client_take(struct client *client, struct reply *reply)
{
    int error = client_check(client, reply);

    if (error != 0)
        reply_release(reply);
    return error;
}

/* Waits for the reply to ID, or until DEADLINE. */
static int await_reply(struct client *client, json_int_t id, double deadline, struct reply *ret)
{
    struct reply reply = {0};
    int          error = 0;

    while (error == 0 && reply.id != id) {
        reply_release(&reply); /* the reply to a request that no caller waits for any more */
        error = receive(client, deadline, &reply);
    }
    if (error == 0)
        error = client_take(client, &reply);
    if (error == 0)
        *ret = reply;
    return error;
}

int client_call(struct client *client, const char *method, json_t *params, struct reply *ret)
{
    json_int_t id;
    int        error = client_send(client, method, params, &id);

    return error != 0 ? error : await_reply(client, id, INFINITY, ret);
}

int client_call_written(struct client *client, const char *method, struct text *params,
                        struct reply *ret)
{
    json_int_t id;
    int        error = client_send_written(client, method, params, &id);

    return error != 0 ? error : await_reply(client, id, INFINITY, ret);
}

int client_call_within(struct client *client, const char *method, json_t *params, double seconds,
                       struct reply *ret)
{
    double     deadline = clock_monotonic() + seconds;
    json_int_t id;
    int        error = client_send(client, method, params, &id);

    return error != 0 ? error : await_reply(client, id, deadline, ret);
}

void reply_release(struct reply *reply)
{
    json_decref(reply->message);
    *reply = (struct reply){0};
}

void client_close(struct client *client)
{
    client_drop(client);
    text_release(
        &client->wire.unsent); /* of requests that were made after the connection was lost */
    text_release(&client->failure.message);
}
