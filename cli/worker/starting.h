/* The start of one run of a thread's command: its probe, its log and its process. */
#ifndef K3THREAD_CLI_WORKER_STARTING_H
#define K3THREAD_CLI_WORKER_STARTING_H

#include "cli/process/spawn.h"
#include "cli/worker/worker.h"

/* Starts the command and posts that it runs. Returns false if it could not; the report says why then. */
bool starting_run(struct worker *worker);

/* Returns how the worker's command is spawned, as far as a probe needs to know it. */
struct spawn_plan starting_plan(const struct worker *worker);

/* Ends the probe, and frees the environment, which it alone needs while the command runs. */
void starting_close_probe(struct worker *worker);

/* Frees all that the start has made, when the processes of the run are gone. */
void starting_close(struct worker *worker);

#endif
