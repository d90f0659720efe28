#include "cli/commands/chain.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/limits.h"
#include "cli/view/output.h"

#include <stdbool.h>
#include <string.h>

/* Says with what the client failed, as the command of LINK, at its line. */
static int explain(struct session *session, const struct chain_link *link)
{
    const struct call call = {.command = link->command, .session = session};
    size_t            line = message_line();
    int               status;

    message_set_line(link->line);
    status = command_failed(&call);
    message_set_line(line);
    return status;
}

/* Without the connection there will be no more answers; those behind a failed one say no more. */
static int fail(struct session *session, const struct chain_link *link)
{
    int status = explain(session, link);

    session->chain.count = 0;
    return status;
}

/* The one that ID answers; mostly the oldest. NULL: nobody waits for it. */
static struct chain_link *find(struct chain *chain, json_int_t id)
{
    for (size_t i = 0; i < chain->count; i++)
        if (chain->links[i].id == id)
            return &chain->links[i];
    return NULL;
}

static void remove_link(struct chain *chain, struct chain_link *link)
{
    const struct chain_link *end = chain->links + chain->count--;

    memmove(link, link + 1, (size_t) (end - (link + 1)) * sizeof(*link));
}

/* Takes one answer. */
static int take(struct session *session, const struct reply *reply)
{
    struct chain_link *link = find(&session->chain, reply->id);
    struct chain_link  taken;

    if (link == NULL)
        return STATUS_DONE;
    taken = *link;
    remove_link(&session->chain, link);
    if (client_check(&session->client, reply) != 0)
        return fail(session, &taken);
    limits_warn(taken.command->name, reply->result);
    return STATUS_DONE;
}

/* Takes answers until no more than MOST are missing, and those that are there already. */
static int settle_to(struct session *session, size_t most)
{
    struct chain *chain = &session->chain;
    int           status = STATUS_DONE;

    while (status == STATUS_DONE && chain->count > 0) {
        bool         waits = chain->count > most;
        struct reply reply = {0};
        int          found = waits ? client_receive(&session->client, &reply)
                                   : client_try_receive(&session->client, &reply);

        if (found < 0)
            return fail(session, &chain->links[0]);
        if (found == 0 && !waits)
            break;
        status = take(session, &reply);
        reply_release(&reply);
    }
    return status;
}

int chain_start(const struct call *call, struct text *params)
{
    struct session *session = call->session;
    struct chain   *chain = &session->chain;
    json_int_t      id;
    int             status = STATUS_DONE;

    if (chain->count == CHAIN_MAX)
        status = settle_to(session, CHAIN_MAX / 2);
    if (status != STATUS_DONE) {
        text_release(params);
        return status;
    }
    if (client_send_written(&session->client, "start", params, &id) != 0) {
        if (!session->client.open)
            chain->count = 0;
        return command_failed(call);
    }
    chain->links[chain->count++] = (struct chain_link){
        .id = id,
        .line = message_line(),
        .command = call->command,
    };
    return STATUS_DONE;
}

int chain_settle(struct session *session)
{
    return settle_to(session, 0);
}
