/*
 * Starts a thread with a terminal, and attaches to that terminal before the command begins: for `start --wait --tty`.
 * So a command that ends at once is seen, and it finds its terminal in the right size.
 */
#ifndef K3THREAD_CLI_COMMANDS_ATTACH_START_H
#define K3THREAD_CLI_COMMANDS_ATTACH_START_H

#include "cli/base/text.h"
#include "cli/client/client.h"

#include <jansson.h>
#include <stdbool.h>

/* One start, and what the supervisor has said of its thread. Zeroed, nothing was sent. */
struct attach_start {
    struct client *client;
    json_t        *notices; /* what came before attach_terminal() took over, in order */
    json_t        *thread;  /* the reply to the start */
    json_int_t     join;    /* the id of the join that was sent behind the start */
    bool           joined;  /* it was answered */
    json_t        *end;     /* the thread as it ended; NULL: not known */
};

/*
 * Sends the start, with PARAMS, which ask to be attached, and a join. Waits for the reply to the start. Returns as
 * client_call_written() does.
 */
int attach_start_send(struct attach_start *start, struct client *client, struct text *params,
                      struct reply *ret);

/* Takes REPLY if it answers the join. */
void attach_start_take(struct attach_start *start, const struct reply *reply);

void attach_start_close(struct attach_start *start);

#endif
