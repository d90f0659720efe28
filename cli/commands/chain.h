/*
 * The starts of a script that are on their way: sent, and not answered yet. The supervisor begins
 * none behind one that it knows to have failed, so that a script need not wait for each answer.
 */
#ifndef K3THREAD_CLI_COMMANDS_CHAIN_H
#define K3THREAD_CLI_COMMANDS_CHAIN_H

#include <jansson.h>
#include <stddef.h>

#define CHAIN_MAX 64

struct call;
struct command;
struct session;
struct text;

/* Zeroed, it is empty. */
struct chain {
    size_t count;
    struct chain_link {
        json_int_t            id;
        size_t                line; /* of the script, for a message */
        const struct command *command;
    } links[CHAIN_MAX]; /* the oldest first */
};

/*
 * Sends the start PARAMS, which it uses up, as CALL's. Where too many are on their way it waits for
 * answers. Returns the exit status, also of one before it that failed, after saying why.
 */
int chain_start(const struct call *call, struct text *params);

/* Waits for all answers. Returns 0, or the status of the first that failed, after saying why. */
int chain_settle(struct session *session);

#endif
