/*
 * Passes the signals that would end `start --wait` on to its thread: the first Ctrl-C as
 * KeyboardInterrupt, any other first signal as SystemExit, and a second signal as SIGKILL.
 */
#ifndef K3THREAD_CLI_COMMANDS_PASS_SIGNALS_H
#define K3THREAD_CLI_COMMANDS_PASS_SIGNALS_H

#include "cli/client/client.h"
#include "cli/commands/signals.h"

#include <jansson.h>
#include <stdbool.h>

/* The signals for one thread. */
struct pass_signals {
    struct signals signals; /* SIGNALS_NONE: signals are not passed on */
    bool           asked;   /* the thread was already asked to end */
};

/* Passes the signals that have arrived on to the thread ID, by requests to CLIENT. */
void pass_signals(struct pass_signals *pass, struct client *client, json_int_t id);

#endif
