/*
 * The starts of a script that are sent and not answered yet. A script need not wait for each answer:
 * the supervisor begins no start that came after one that it knows to have failed.
 */
#ifndef K3THREAD_CLI_COMMANDS_CHAIN_H
#define K3THREAD_CLI_COMMANDS_CHAIN_H

#include "cli/base/text.h"
#include "cli/client/client.h"

#include <jansson.h>
#include <stddef.h>

#define CHAIN_MAX 64

/* Stands for the starts of one connection. Zeroed, it is empty. */
struct chain {
    size_t count;
    struct chain_link {
        json_int_t  id;
        size_t      line;    /* of the script, for a message */
        const char *command; /* its name, for a message */
    } links[CHAIN_MAX];      /* the oldest first */
};

/*
 * Sends a start with PARAMS, which it uses up, as COMMAND. If too many starts are not answered, it
 * waits for answers first. Returns the exit status, which may be that of an earlier start that has
 * failed, after saying why.
 */
int chain_start(struct chain *chain, struct client *client, const char *command,
                struct text *params);

/* Waits for all answers. Returns 0, or the status of the first start that failed, after saying why. */
int chain_settle(struct chain *chain, struct client *client);

#endif
