/* Ends the leftovers of a command by the rules of ending.h. */
#ifndef K3THREAD_CLI_WORKER_CLEANUP_H
#define K3THREAD_CLI_WORKER_CLEANUP_H

#include "cli/worker/worker.h"

/*
 * Ends the leftovers of the command, which has ended but is not reaped. Returns when no process of the
 * thread is left that can be ended.
 */
void cleanup_run(struct worker *worker);

#endif
