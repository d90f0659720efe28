/* The method "attach": from now on the client, a process of a thread, takes exceptions itself. */
#include "cli/process/mark.h"
#include "cli/rpc/bytes.h"
#include "cli/server/agent.h"
#include "cli/server/attachment.h"
#include "cli/server/following.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/store.h"
#include "cli/worker/origin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Returns true if PROCESS belongs to RECORD. A supervisor that has no mark left to give knows its processes by
 * their session.
 */
static bool belongs(const struct client_process *process, const struct record *record)
{
    if (record->assignment.seat != NULL)
        return false; /* its processes are on another machine */
    if (mark_resource() >= 0)
        return process->id == record->id;
    return record->now.pid > 0 && getsid(process->pid) == record->now.pid;
}

/* Returns the name by which the user knows RECORD: at an agent, the name of the run's thread. */
static const char *name_of(const struct record *record)
{
    return record->job.origin != NULL ? record->job.origin->name : record->job.name;
}

static bool fail_attach(struct call *call, const struct record *record, int error)
{
    if (error == -EBUSY)
        return call_fail(call, PROTOCOL_BUSY_ERROR, "process %d of thread '%s' is attached",
                         (int) attachment_pid(record->attachment), name_of(record));
    if (error == -EAGAIN)
        return call_fail(call, PROTOCOL_OS_ERROR,
                         "cannot attach: other replies are under way on this connection");
    return call_fail(call, PROTOCOL_OS_ERROR, "cannot attach: %s", strerror(-error));
}

static void attach(struct call *call, struct record *record)
{
    struct peer          *peer = call->peer;
    struct client_process process;
    int                   error = client_process_open(peer->connection.source.fd, &process);

    if (error != 0) {
        fail_attach(call, record, error);
        return;
    }
    if (!belongs(&process, record)) {
        close(process.fd);
        call_fail(call, PROTOCOL_PERMISSION_ERROR, "process %d does not belong to thread '%s'",
                  (int) process.pid, name_of(record));
        return;
    }
    if (attachment_open(record, &peer->connection, &peer->attachment, &process, &error) == NULL)
        fail_attach(call, record, error);
    else if (record->job.origin != NULL)
        following_await(peer->attachment, call);
    else
        call_reply(call, json_pack("{s:b}", "attached", 1));
}

/* Returns true if THREAD, an id or a name, is the thread of a run for which RECORD runs a command. */
static bool is_for(const struct record *record, const json_t *thread)
{
    const struct origin *origin = record->job.origin;
    char                *name = NULL;
    bool                 is;

    if (origin == NULL || !record_is_live(record))
        return false;
    if (json_is_integer(thread))
        return (uint64_t) json_integer_value(thread) == origin->id;
    is = bytes_from_json(thread, &name) == 0 && strcmp(name, origin->name) == 0;
    free(name);
    return is;
}

/* Returns the thread that the process means; or NULL with CALL failed. At an agent it means the thread of the run. */
static struct record *find_record(struct call *call, const json_t *thread)
{
    struct record *record;

    if (!agent_is())
        return select_for_call(call, thread);
    TAILQ_FOREACH_REVERSE(record, store_all(), record_list, order)
        if (is_for(record, thread))
            return record;
    call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR,
              "this machine runs no command for the thread of the process");
    return NULL;
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL;
    struct record     *record;
    const struct param wanted[] = {{"thread", PARAM_ANY, &thread, true}, {0}};

    if (!params_take(call, params, wanted))
        return;
    record = find_record(call, thread);
    if (record == NULL)
        return;
    if (record_is_live(record))
        attach(call, record);
    else
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no live thread '%s'", record->job.name);
}

const struct method method_attach = {.name = "attach", .run = run};
