/*
 * The barrier between a script and the output of its threads: before each command, the script waits until the
 * output that its threads have written so far is printed. The end of the script waits in the same way.
 */
#ifndef K3THREAD_CLI_SCRIPT_BARRIER_H
#define K3THREAD_CLI_SCRIPT_BARRIER_H

#include "cli/script/front_state.h"

/* Begins to wait: sends the supervisor a request. All events that came before it arrive ahead of its reply. */
void barrier_ask(struct front *front);

/* Lets the script go on, or acts upon its end. Called when all output is printed. */
void barrier_pass(struct front *front);

/* Reads from the script's socket, which is readable: the script waits, or it has ended. */
void barrier_handle_sync(struct front *front);

#endif
