/*
 * Passes the signals that would end `start --wait` on to its thread: the first Ctrl-C as
 * KeyboardInterrupt, any other first signal as SystemExit, and a second signal as SIGKILL.
 *
 * If no process reads the output of `start --wait` any more, the thread is asked to end, too. The hang-up of a terminal
 * comes with a signal, so the first signal after that asks for nothing more.
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
    bool           asked;   /* a signal has already asked the thread to end */
    bool           unread;  /* the thread was asked to end because nothing reads its output */
};

/* Passes the signals that have arrived on to the thread ID, by requests to CLIENT. */
void pass_signals(struct pass_signals *pass, struct client *client, json_int_t id);

/* Asks the thread ID to end, unless it was asked before: no process reads its output any more. */
void pass_signals_unread(struct pass_signals *pass, struct client *client, json_int_t id);

#endif
