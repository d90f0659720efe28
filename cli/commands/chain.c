#include "cli/commands/chain.h"

#include "cli/base/status.h"
#include "cli/commands/lost_limits.h"
#include "cli/view/message.h"

#include <string.h>

int chain_report(const struct chain *chain, const struct client *client, const char *command)
{
    const struct failure *failure = &client->failure;

    if (chain->holds_missing && failure->status == STATUS_NO_THREAD)
        message_hold_next();
    message_print_text(command, failure->type, &failure->message);
    return failure->status;
}

/*
 * Reports the client's failure as the command of LINK, at that command's line. Forgets the other
 * starts: they fail because the first one failed.
 */
static int fail(struct chain *chain, const struct client *client, const struct chain_link *link)
{
    size_t line = message_line();
    int    status;

    chain->failed_line = link->line;
    message_set_line(link->line);
    status = chain_report(chain, client, link->command);
    message_set_line(line);
    chain->count = 0;
    return status;
}

/* Returns the start that the reply ID belongs to, which is mostly the oldest; NULL if there is no such start. */
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

/* Takes one reply. */
static int take(struct chain *chain, struct client *client, const struct reply *reply)
{
    struct chain_link *link = find(chain, reply->id);
    struct chain_link  taken;

    if (link == NULL)
        return STATUS_DONE;
    taken = *link;
    remove_link(chain, link);
    if (client_check(client, reply) != 0)
        return fail(chain, client, &taken);
    lost_limits_warn(taken.command, reply->result);
    return STATUS_DONE;
}

/* Waits for replies until at most MOST are missing. Then takes further replies that have already arrived. */
static int settle_to(struct chain *chain, struct client *client, size_t most)
{
    int status = STATUS_DONE;

    while (status == STATUS_DONE && chain->count > 0) {
        bool         waits = chain->count > most;
        struct reply reply = {0};
        int found = waits ? client_receive(client, &reply) : client_try_receive(client, &reply);

        if (found < 0)
            return fail(chain, client, &chain->links[0]);
        if (found == 0 && !waits)
            break;
        status = take(chain, client, &reply);
        reply_release(&reply);
    }
    return status;
}

int chain_start(struct chain *chain, struct client *client, const char *command,
                struct text *params)
{
    struct chain_link link = {.line = message_line(), .command = command};
    int               status = STATUS_DONE;

    if (chain->count == CHAIN_MAX)
        status = settle_to(chain, client, CHAIN_MAX / 2);
    if (status != STATUS_DONE) {
        text_release(params);
        return status;
    }
    if (client_send_written(client, "start", params, &link.id) != 0) {
        if (!client->open)
            chain->count = 0;
        return chain_report(chain, client, command);
    }
    chain->links[chain->count++] = link;
    return STATUS_DONE;
}

int chain_settle(struct chain *chain, struct client *client)
{
    return settle_to(chain, client, 0);
}
