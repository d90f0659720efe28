/*
 * The starts of a script that were sent and not answered yet. The script need not wait for each
 * reply: after a failed start the supervisor refuses the later starts of the chain.
 */
#ifndef K3THREAD_CLI_COMMANDS_CHAIN_H
#define K3THREAD_CLI_COMMANDS_CHAIN_H

#include "cli/base/text.h"
#include "cli/client/client.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CHAIN_MAX 64

/* The unanswered starts of one connection. Zeroed: none. */
struct chain {
    size_t count;
    struct chain_link {
        json_int_t  id;
        size_t      line;    /* the line of the script, for messages */
        const char *command; /* the command's name, for messages */
    } links[CHAIN_MAX];      /* oldest first */
    bool   holds_missing; /* a message about a thread that a start misses is held: see message.h */
    size_t failed_line;   /* the line of the start that failed; 0: none has failed */
};

/*
 * Sends a start with PARAMS, which it releases, as COMMAND. If too many starts are unanswered, waits
 * for replies first. Returns the exit status, after reporting an error, which may be the error of an
 * earlier start.
 */
int chain_start(struct chain *chain, struct client *client, const char *command,
                struct text *params);

/*
 * Prints the failure of CLIENT, which is that of a start, as COMMAND; holds it, if CHAIN says so. Returns the exit
 * status.
 */
int chain_report(const struct chain *chain, const struct client *client, const char *command);

/*
 * Waits for all replies. Returns 0, or the status of the first start that failed, which was
 * reported.
 */
int chain_settle(struct chain *chain, struct client *client);

#endif
