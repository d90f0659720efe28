/*
 * Handles the signals that ask a run to end. The first one ends all threads, Ctrl-C by KeyboardInterrupt and any other
 * by SystemExit; the second kills them, and a further one kills the supervisor.
 */
#ifndef K3THREAD_CLI_SCRIPT_INTERRUPT_H
#define K3THREAD_CLI_SCRIPT_INTERRUPT_H

#include "cli/script/front_state.h"

/* Acts upon SIGNAL, which must not be SIGCHLD. */
void interrupt_handle(struct front *front, int signal);

#endif
