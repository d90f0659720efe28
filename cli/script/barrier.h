/*
 * The barrier between a script and the output of its threads: before a command the script waits until
 * all is printed that the threads had written by then. The end of the script waits in the same way.
 */
#ifndef K3THREAD_CLI_SCRIPT_BARRIER_H
#define K3THREAD_CLI_SCRIPT_BARRIER_H

#include "cli/script/front_state.h"

/* Begins: asks the supervisor for an answer, before which all events are known. */
void barrier_ask(struct front *front);

/* All output is printed: lets the script go on, or acts upon its end. */
void barrier_pass(struct front *front);

/* Reads from the socket of the script, which is readable: the script waits, or it is gone. */
void barrier_handle_sync(struct front *front);

#endif
