#include "cli/client/client.h"

#include "cli/base/status.h"
#include "cli/client/launch.h"
#include "cli/place/reason.h"
#include "cli/place/socket.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/protocol.h"
#include "cli/rpc/table_line.h"
#include "cli/rpc/write.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Puts a failure into client->failure. Returns ERROR. */
__attribute__((format(printf, 5, 6))) static int fail(struct client *client, int error, int status,
                                                      const char *type, const char *format, ...)
{
    struct failure *failure = &client->failure;
    va_list         arguments;

    failure->status = status;
    (void) snprintf(failure->type, sizeof(failure->type), "%s", type != NULL ? type : "");
    failure->message.size = 0;
    va_start(arguments, format);
    text_vprintf(&failure->message, format, arguments);
    va_end(arguments);
    return error;
}

static int fail_memory(struct client *client)
{
    return fail(client, -ENOMEM, STATUS_FAILED, "MemoryError", "out of memory");
}

/* Returns Python's name for a failed system call's exception. */
static const char *name_of(int error)
{
    switch (error) {
    case -ENOENT:
        return "FileNotFoundError";
    case -EPERM:
    case -EACCES:
        return "PermissionError";
    case -ENOTDIR:
        return "NotADirectoryError";
    default:
        return "OSError";
    }
}

/*
 * The id of a request that gets an answer at once. It goes to a host behind the first request, whose answer may take
 * long: what breaks behind that answer was a connection. Other requests have ids from 1 on.
 */
#define GREETING_ID 0

/* The seconds that ssh may take to end when its connection has been closed. */
#define SSH_END 1.0

/* Closes a connection that is no longer usable. The next client_open() makes a new one. */
static void drop(struct client *client)
{
    if (client->open)
        wire_close(&client->wire);
    (void) ssh_finish(&client->ssh, SSH_END);
    client->open = client->adopted = client->is_new = false;
    client->environment_known = false;
}

static int fail_open(struct client *client, int error)
{
    const struct place *place = client->place;

    if (launch_is_absent(error))
        return fail(client, -ENOENT, STATUS_NO_SUPERVISOR, NULL,
                    "no supervisor at %s; \"k3thread start\" starts one", place->socket);
    return fail(client, error, STATUS_FAILED, name_of(error),
                "cannot reach the supervisor at %s: %s", place->socket, strerror(-error));
}

/* Reports that ssh did not get to k3thread on the host. SSH has ended. */
static int fail_host(struct client *client, const struct ssh *ssh)
{
    const char *host = client->host;

    if (!WIFEXITED(ssh->status))
        return fail(client, -EHOSTUNREACH, STATUS_NO_SUPERVISOR, NULL,
                    "no connection to '%s': signal %d ended ssh", host, WTERMSIG(ssh->status));
    if (WEXITSTATUS(ssh->status) == STATUS_NOT_FOUND)
        return fail(client, -EHOSTUNREACH, STATUS_NO_SUPERVISOR, NULL,
                    "no k3thread on '%s', in the PATH of a command of ssh", host);
    return fail(client, -EHOSTUNREACH, STATUS_NO_SUPERVISOR, NULL,
                "no connection to '%s': ssh ended with status %d", host, WEXITSTATUS(ssh->status));
}

/* Reports that the connection to a host ended: on the way, or at the supervisor. */
static int fail_lost_host(struct client *client)
{
    bool       heard = client->heard;
    struct ssh ssh;

    drop(client);
    ssh = client->ssh;
    if (!heard && ssh.has_ended && ssh.status != 0)
        return fail_host(client, &ssh);
    if (ssh.has_ended && ssh.status == 0)
        return fail(client, -ECONNRESET, STATUS_FAILED, NULL,
                    "the supervisor of '%s' went away without an answer", client->host);
    return fail(client, -ECONNRESET, STATUS_FAILED, NULL, "the connection to '%s' broke",
                client->host);
}

/*
 * Reports that the connection ended. A request that the supervisor did not read was not carried out:
 * then there is no supervisor, rather than a lost answer. But a supervisor that this client has just
 * started could not begin, and the next one could not either.
 */
static int fail_lost(struct client *client)
{
    bool        absent = client->wire.cut && !client->foreign && !client->is_new;
    char       *journal;
    struct text reason = {0};

    if (client->host != NULL)
        return fail_lost_host(client);
    drop(client);
    if (absent)
        return fail_open(client, -ENOENT);
    reason_add(client->place, &reason);
    journal = place_find_journal(client->place);
    fail(client, -ECONNRESET, STATUS_FAILED, NULL,
         "the supervisor went away without an answer%.*s; see %s", (int) reason.size,
         reason.size > 0 ? reason.data : "", journal != NULL ? journal : client->place->journal);
    text_release(&reason);
    free(journal);
    return -ECONNRESET;
}

static int fail_garbage(struct client *client)
{
    drop(client);
    if (client->host != NULL)
        return fail(
            client, -EPROTO, STATUS_FAILED, NULL,
            "what answers on '%s' does not speak k3thread's protocol; does a start-up file of "
            "the shell there print something?",
            client->host);
    return fail(client, -EPROTO, STATUS_FAILED, NULL,
                "what answers at the socket does not speak k3thread's protocol");
}

/*
 * Checks which user's process listens at the socket. It gets this process's environment, so it must
 * run as the same user or as root.
 */
static int check_peer(struct client *client)
{
    struct ucred peer;
    int          error;

    if (client->host != NULL)
        return 0; /* the other machine checks */
    error = socket_find_peer(client->wire.fd, &peer);
    if (error != 0)
        return fail_open(client, error);
    client->foreign = peer.uid != geteuid() && geteuid() != 0;
    if (peer.uid == 0 || peer.uid == geteuid())
        return 0;
    if (geteuid() == 0 && (client->flags & CLIENT_ANY_USER))
        return 0;
    return fail(client, -EPERM, STATUS_FAILED, "PermissionError",
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
    json_object_seed(1); /* these replies come by the user's own ssh */
    client->place = NULL;
    client->host = host;
    client->flags = flags;
    return client_reopen(client);
}

void client_adopt(struct client *client, int fd, const char *received, size_t size)
{
    client->wire = (struct wire){.fd = fd};
    text_append(&client->wire.received, received, size);
    client->open = client->adopted = true;
}

/* Connects, unless the client has adopted a connection, which is to the same place. */
static int connect_client(struct client *client, struct text *why)
{
    if (client->adopted)
        return 0;
    client->wire = (struct wire){.fd = -1};
    client->greeted = client->heard = false;
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
        fail(client, error, client->host != NULL ? STATUS_NO_SUPERVISOR : STATUS_FAILED,
             client->host != NULL ? NULL : name_of(error), "%.*s", (int) why.size, why.data);
    else
        fail_open(client, error);
    text_release(&why);
    if (error != 0)
        drop(client);
    return error;
}

/*
 * Puts a failure of a function of wire.h into client->failure. Returns ERROR, or a more exact
 * error.
 */
static int fail_wire(struct client *client, int error)
{
    switch (error) {
    case -ENOMEM:
        return fail_memory(client);
    case -E2BIG:
        return fail(client, error, STATUS_USAGE, "ValueError",
                    "arguments and environment are too large");
    case -EMSGSIZE:
        return fail_garbage(client);
    default:
        return fail_lost(client);
    }
}

static int flush(struct client *client)
{
    int error = wire_flush(&client->wire);

    return error == 0 ? 0 : fail_wire(client, error);
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
    return error == 0 ? 0 : fail_wire(client, error);
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

int client_send(struct client *client, const char *method, json_t *params, json_int_t *ret_id)
{
    int error = client_queue(client, method, params, ret_id);

    return error == 0 ? flush(client) : error;
}

/* Parses a line as a reply. Returns 1, 0 if the line is a notification, or -errno. */
static int parse_reply(struct client *client, char *line, size_t size, struct reply *ret)
{
    json_error_t  error;
    json_t       *message = table_line_parse(line, size, &error);
    const json_t *id = json_object_get(message, "id");
    const json_t *result = json_object_get(message, "result");

    if (message == NULL && parse_lacked_memory(&error))
        return fail_memory(client);
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
        return fail_garbage(client);
    }
    client->is_new = false;
    *ret = (struct reply){
        .id = json_is_null(id) ? client->last_id : json_integer_value(id),
        .message = message,
        .result = result,
    };
    client->heard = true;
    return 1;
}

/* Takes the next reply out of the received bytes. Returns 1, 0 if there is none yet, or -errno. */
static int take_reply(struct client *client, struct reply *ret)
{
    size_t size;
    char  *line = wire_line(&client->wire, &size);
    int    found = 0;

    while (line != NULL && found == 0) {
        found = parse_reply(client, line, size, ret);
        if (found >= 0) /* after a failure the connection may be closed */
            wire_consume(&client->wire, size);
        if (found == 0)
            line = wire_line(&client->wire, &size);
    }
    return found;
}

int client_receive(struct client *client, struct reply *ret)
{
    for (;;) {
        int found = take_reply(client, ret);
        int error;

        if (found != 0)
            return found > 0 ? 0 : found;
        error = wire_wait(&client->wire);
        if (error < 0)
            return fail_wire(client, error);
    }
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
            return error == 0 ? 0 : fail_wire(client, error);
        found = take_reply(client, ret);
    }
    return found;
}

/* Returns 126 or 127 if a start failed because the command could not be run, else 1. */
static int status_of_start(const json_t *thread)
{
    json_int_t status = json_integer_value(json_object_get(thread, "exit_code"));

    return status == STATUS_NOT_EXECUTABLE || status == STATUS_NOT_FOUND ? (int) status
                                                                         : STATUS_FAILED;
}

static int status_of_error(const json_t *error)
{
    switch (json_integer_value(json_object_get(error, "code"))) {
    case PROTOCOL_FILE_NOT_FOUND_ERROR:
    case PROTOCOL_PERMISSION_ERROR:
    case PROTOCOL_OS_ERROR:
        return status_of_start(json_object_get(json_object_get(error, "data"), "thread"));
    case PROTOCOL_INVALID_THREAD_ID_ERROR:
        return STATUS_NO_THREAD;
    case PROTOCOL_INVALID_PARAMS:
    case PROTOCOL_TYPE_ERROR:
    case PROTOCOL_VALUE_ERROR:
        return STATUS_USAGE;
    case PROTOCOL_TIMEOUT_ERROR:
        return STATUS_TIMEOUT;
    case PROTOCOL_NO_SUPERVISOR_ERROR:
        return STATUS_NO_SUPERVISOR;
    default:
        return STATUS_FAILED;
    }
}

int client_check(struct client *client, const struct reply *reply)
{
    const json_t *error = json_object_get(reply->message, "error");
    const char   *type = json_string_value(json_object_get(json_object_get(error, "data"), "type"));
    const char   *message = json_string_value(json_object_get(error, "message"));

    if (reply->result != NULL)
        return 0;
    if (client->host != NULL && status_of_error(error) == STATUS_NO_SUPERVISOR) {
        drop(client);
        return fail(client, -ENOENT, STATUS_NO_SUPERVISOR, NULL, "%s: %s", client->host,
                    message != NULL ? message : "no supervisor");
    }
    return fail(client, -EREMOTEIO, status_of_error(error), type, "%s",
                message != NULL ? message : "the supervisor does not say what failed");
}

int client_take(struct client *client, struct reply *reply)
{
    int error = client_check(client, reply);

    if (error != 0)
        reply_release(reply);
    return error;
}

/* Waits for the reply to ID. */
static int await_reply(struct client *client, json_int_t id, struct reply *ret)
{
    struct reply reply = {0};
    int          error = 0;

    while (error == 0 && reply.id != id) {
        reply_release(&reply); /* the reply to a request that no caller waits for any more */
        error = client_receive(client, &reply);
    }
    if (error == 0)
        error = client_take(client, &reply);
    if (error == 0)
        *ret = reply;
    return error;
}

int client_call(struct client *client, const char *method, json_t *params, struct reply *ret)
{
    json_int_t id = 0;
    int        error = client_send(client, method, params, &id);

    return error != 0 ? error : await_reply(client, id, ret);
}

int client_call_written(struct client *client, const char *method, struct text *params,
                        struct reply *ret)
{
    json_int_t id = 0;
    int        error = client_send_written(client, method, params, &id);

    return error != 0 ? error : await_reply(client, id, ret);
}

void reply_release(struct reply *reply)
{
    json_decref(reply->message);
    *reply = (struct reply){0};
}

void client_close(struct client *client)
{
    drop(client);
    text_release(
        &client->wire.unsent); /* of requests that were made after the connection was lost */
    text_release(&client->failure.message);
}
