/* The end of what a command left behind, by the rules of ending.h. */
#ifndef K3THREAD_CLI_WORKER_CLEANUP_H
#define K3THREAD_CLI_WORKER_CLEANUP_H

#include "cli/worker/worker.h"

/*
 * Ends what the command, which has ended and was not reaped, left behind. Returns when nothing of the
 * thread is left that can be ended.
 */
void cleanup_run(struct worker *worker);

#endif
