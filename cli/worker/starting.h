/* The start of one run of a thread's command: its probe, its log and its process. */
#ifndef K3THREAD_CLI_WORKER_STARTING_H
#define K3THREAD_CLI_WORKER_STARTING_H

#include "cli/process/spawn.h"
#include "cli/worker/worker.h"

/* Starts the command and posts that it runs, or that a library is being loaded. Returns false on failure; the report says why. */
bool starting_run(struct worker *worker);

/*
 * Posts that the command runs; IS_LOADED: and that its function, if it calls one, was found. For a thread that calls a function, starting_run() does not do that: the caller does
 * it, when the library is loaded, or notes by starting_fail() that it cannot be, for the reason WHY, which is
 * released.
 */
void starting_announce(struct worker *worker, bool is_loaded);
void starting_fail(struct worker *worker, int error, struct text *why);

/* Returns the plan to spawn the worker's command, without its input, as a probe needs it. */
struct spawn_plan starting_plan(const struct worker *worker);

/* Closes the probe and frees the environment, which only the probe needs while the command runs. */
void starting_close_probe(struct worker *worker);

/* Frees everything that the start has made. Call it when the processes of the run are gone. */
void starting_close(struct worker *worker);

#endif
