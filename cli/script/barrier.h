/*
 * The barrier between a script and the output of its threads: before a command, the script waits
 * until all output is printed that the threads have written until then. The end of the script waits
 * in the same way.
 */
#ifndef K3THREAD_CLI_SCRIPT_BARRIER_H
#define K3THREAD_CLI_SCRIPT_BARRIER_H

#include "cli/script/front_state.h"

/*
 * Begins to wait: asks the supervisor for an answer. All events of before arrive ahead of that
 * answer.
 */
void barrier_ask(struct front *front);

/* Lets the script go on, or acts upon its end. Called when all output is printed. */
void barrier_pass(struct front *front);

/* Reads from the script's socket, which is readable: the script waits, or it has ended. */
void barrier_handle_sync(struct front *front);

#endif
