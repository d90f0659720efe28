/*
 * The signals that start --wait passes on to its thread, since they would end this process: the first
 * Ctrl-C is a KeyboardInterrupt there, any other signal a SystemExit, and the second signal a SIGKILL.
 */
#ifndef K3THREAD_CLI_COMMANDS_PASS_SIGNALS_H
#define K3THREAD_CLI_COMMANDS_PASS_SIGNALS_H

#include "cli/client/client.h"
#include "cli/commands/signals.h"

#include <jansson.h>
#include <stdbool.h>

struct pass_signals {
    struct signals signals; /* SIGNALS_NONE: signals are not passed on */
    bool           asked;   /* the thread was asked to end */
};

/* Passes the signals that have come on to the thread ID, by requests to CLIENT. */
void pass_signals(struct pass_signals *pass, struct client *client, json_int_t id);

#endif
