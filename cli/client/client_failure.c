#include "cli/client/client_failure.h"

#include "cli/base/status.h"
#include "cli/client/launch.h"
#include "cli/place/reason.h"
#include "cli/rpc/protocol.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

int client_fail(struct client *client, int error, int status, const char *type, const char *format,
                ...)
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

int client_fail_memory(struct client *client)
{
    return client_fail(client, -ENOMEM, STATUS_FAILED, "MemoryError", "out of memory");
}

const char *client_name_of_error(int error)
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

int client_fail_open(struct client *client, int error)
{
    const struct place *place = client->place;

    if (launch_is_absent(error))
        return client_fail(client, -ENOENT, STATUS_NO_SUPERVISOR, NULL,
                           "no supervisor at %s; the command \"start\" starts one", place->socket);
    return client_fail(client, error, STATUS_FAILED, client_name_of_error(error),
                       "cannot reach the supervisor at %s: %s", place->socket, strerror(-error));
}

/* Reports that ssh did not get to k3thread on the host. SSH has ended. */
static int fail_host(struct client *client, const struct ssh *ssh)
{
    const char *host = client->host;

    if (!WIFEXITED(ssh->status))
        return client_fail(client, -EHOSTUNREACH, STATUS_NO_SUPERVISOR, NULL,
                           "no connection to '%s': signal %d ended ssh", host,
                           WTERMSIG(ssh->status));
    if (WEXITSTATUS(ssh->status) == STATUS_NOT_FOUND)
        return client_fail(client, -EHOSTUNREACH, STATUS_NO_SUPERVISOR, NULL,
                           "no k3thread on '%s', in the PATH of a command of ssh; install it there",
                           host);
    return client_fail(client, -EHOSTUNREACH, STATUS_NO_SUPERVISOR, NULL,
                       "no connection to '%s': ssh ended with status %d", host,
                       WEXITSTATUS(ssh->status));
}

/* Reports that the connection to a host ended: on the way, or at the supervisor. */
static int fail_lost_host(struct client *client)
{
    bool       heard = client->heard;
    struct ssh ssh;

    client_drop(client);
    ssh = client->ssh;
    if (!heard && ssh.has_ended && ssh.status != 0)
        return fail_host(client, &ssh);
    if (ssh.has_ended && ssh.status == 0)
        return client_fail(client, -ECONNRESET, STATUS_FAILED, NULL,
                           "the supervisor of '%s' went away without a reply", client->host);
    return client_fail(client, -ECONNRESET, STATUS_FAILED, NULL, "the connection to '%s' broke",
                       client->host);
}

/*
 * Reports that the connection ended, or why the supervisor refused it. A request that the supervisor did not read was not carried out:
 * then there is no supervisor, rather than a lost reply. But a supervisor that this client has just
 * started could not begin, and the next one could not either.
 */
static int fail_lost(struct client *client)
{
    bool        absent = client->wire.cut && !client->foreign && !client->is_new, refused;
    char       *journal;
    struct text reason = {0};

    if (client->host != NULL)
        return fail_lost_host(client);
    refused = client->refused;
    client_drop(client);
    if (refused)
        return -EREMOTEIO; /* as the reply that some caller took for that to another request */
    if (absent)
        return client_fail_open(client, -ENOENT);
    reason_add(client->place, &reason);
    journal = place_find_journal(client->place);
    client_fail(client, -ECONNRESET, STATUS_FAILED, NULL,
                "the supervisor went away without a reply%.*s; see %s", (int) reason.size,
                reason.size > 0 ? reason.data : "",
                journal != NULL ? journal : client->place->journal);
    text_release(&reason);
    free(journal);
    return -ECONNRESET;
}

int client_fail_garbage(struct client *client)
{
    client_drop(client);
    if (client->host != NULL)
        return client_fail(client, -EPROTO, STATUS_FAILED, NULL,
                           "the process that answers on '%s' does not speak k3thread's protocol; "
                           "does a start-up file of "
                           "the shell there print something?",
                           client->host);
    return client_fail(client, -EPROTO, STATUS_FAILED, NULL,
                       "the process that answers at the socket does not speak k3thread's protocol");
}

/* Ends an ssh that may still be connecting: a process that goes on would leave it behind. */
static int fail_late(struct client *client)
{
    ssh_cut_off(&client->ssh);
    client_drop(client);
    return client_fail(client, -ETIMEDOUT, STATUS_FAILED, "TimeoutError",
                       "the supervisor does not reply");
}

int client_fail_wire(struct client *client, int error)
{
    switch (error) {
    case -ETIMEDOUT:
        return fail_late(client);
    case -ENOMEM:
        return client_fail_memory(client);
    case -E2BIG:
        return client_fail(client, error, STATUS_USAGE, "ValueError",
                           "arguments and environment are too large");
    case -EMSGSIZE:
        return client_fail_garbage(client);
    default:
        return fail_lost(client);
    }
}

/* Returns 126 or 127 if a start failed because the command could not be run, else 1. */
static int status_of_start(const json_t *thread)
{
    json_int_t status = json_integer_value(json_object_get(thread, "exit_code"));

    return status == STATUS_NOT_EXECUTABLE || status == STATUS_NOT_FOUND ? (int) status
                                                                         : STATUS_FAILED;
}

int client_status_of_error(const json_t *error)
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
