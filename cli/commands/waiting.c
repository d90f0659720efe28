#include "cli/commands/waiting.h"

#include "cli/base/status.h"
#include "cli/commands/report.h"
#include "cli/view/view.h"

#include <signal.h>

/* The output of a script's threads is shown by the run, so it is not shown here. */
void waiting_open(struct following *following, const struct call *call)
{
    following_open(following, call);
    following->own = following->follow = true;
    following->mute = call->session->scripted;
}

int waiting_start(struct following *following, struct text *params, struct reply *ret)
{
    struct client *client = &following->call->session->client;
    json_int_t     id = 0;
    int            error = client_queue_written(client, "start", params, &id);

    if (error == 0)
        error = following_request(following, 0);
    while (error == 0) {
        error = client_receive(client, ret);
        if (error != 0)
            break;
        if (ret->id == id)
            return client_take(client, ret);
        following_take(following, ret);
        reply_release(ret);
    }
    return error;
}

/* A command that never ran has nothing else to show for it. */
static void show_reason(const struct following *following)
{
    struct text words = {0};

    view_add_reason(&words, following->thread);
    if (words.size > 0)
        (void) command_fail(following->call, STATUS_INTERNAL, NULL, "%.*s", (int) words.size,
                            words.data);
    text_release(&words);
}

/* The reader of the output has gone, as with "| head": the command ends as it would in a pipe. */
static int end_unread(const struct following *following)
{
    struct reply reply;

    if (!following->joined && client_call(&following->call->session->client, "raise",
                                          json_pack("{s:I}", "thread", following->id), &reply) == 0)
        reply_release(&reply);
    return STATUS_SIGNAL_BASE + SIGPIPE;
}

int waiting_run(struct following *following)
{
    int status = following_run(following);

    if (following->unread)
        return end_unread(following);
    if (status != STATUS_DONE || following->thread == NULL)
        return STATUS_INTERNAL;
    show_reason(following);
    return view_status(following->thread);
}
