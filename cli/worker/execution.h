/*
 * One execution of a thread's command: from the spawn until the last process that descends from it
 * is gone. A worker does one execution or, with --restart, several in a row.
 */
#ifndef K3THREAD_CLI_WORKER_EXECUTION_H
#define K3THREAD_CLI_WORKER_EXECUTION_H

#include "cli/worker/worker.h"

/*
 * Runs the command once and posts what happens. Returns false if it could not be started; the
 * report says why then.
 */
bool execution_run(struct worker *worker);

#endif
