/*
 * One run of a thread's command on another machine. The agent there (cli/remote/agent.h) starts the command and
 * ends it, by the rules of this folder. The worker here sends the agent the command's input and the exceptions that
 * are raised in the thread, takes the agent's reports, and writes the command's output into the log.
 */
#ifndef K3THREAD_CLI_WORKER_REMOTE_RUN_H
#define K3THREAD_CLI_WORKER_REMOTE_RUN_H

#include "cli/worker/worker.h"

/*
 * Runs the command once on the machine of the assignment's seat, and posts what happens. Returns false if it
 * could not be started; the report says why then. worker->lost is true afterwards if the machine was lost:
 * then it is not known how far the command came.
 */
bool remote_run(struct worker *worker);

#endif
