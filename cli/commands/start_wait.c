#include "cli/commands/start_wait.h"

#include "cli/base/status.h"
#include "cli/commands/report.h"
#include "cli/view/thread_text.h"

#include <signal.h>

/* Prepares FOLLOW. In a script, shows no output: the front of the run shows it. */
void start_wait_open(struct follow *follow, const struct invocation *invocation)
{
    follow_open(follow, invocation);
    follow->copy.own = follow->copy.follow = true;
    follow->copy.is_silent = invocation->session->scripted;
}

int start_wait_send(struct follow *follow, struct text *params, struct reply *ret)
{
    struct client *client = &follow->invocation->session->client;
    json_int_t     id = 0;
    int            error = client_queue_written(client, "start", params, &id);

    if (error == 0)
        error = follow_request(follow, 0);
    while (error == 0) {
        error = client_receive(client, ret);
        if (error != 0)
            break;
        if (ret->id == id)
            return client_take(client, ret);
        error = follow_take(follow, ret);
        reply_release(ret);
    }
    return error;
}

int start_wait_run(struct follow *follow)
{
    int status = follow_run(follow);

    if (follow->copy.output_closed) /* as SIGPIPE ends a command of a pipeline */
        return STATUS_SIGNAL_BASE + SIGPIPE;
    if (status != STATUS_DONE || follow->thread == NULL)
        return STATUS_INTERNAL;
    command_explain_end(follow->invocation, follow->thread, false);
    return thread_status(follow->thread);
}
