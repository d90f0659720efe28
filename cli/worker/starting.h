/* The start of one run of a thread's command: its probe, its log and its process. */
#ifndef K3THREAD_CLI_WORKER_STARTING_H
#define K3THREAD_CLI_WORKER_STARTING_H

#include "cli/process/spawn.h"
#include "cli/worker/worker.h"

/*
 * Starts the command, and posts that it runs. For a thread that calls a function, posts only that there is a process:
 * the caller then calls starting_announce() when the library is loaded, or starting_fail(). Returns false on failure;
 * the report says why.
 */
bool starting_run(struct worker *worker);

/* Posts that the command runs. IS_LOADED: the function, if the thread calls one, was found. */
void starting_announce(struct worker *worker, bool is_loaded);

/*
 * Puts into the report that the run could not start because of ERROR, a positive errno, with STATUS as its exit status
 * and the reason WHY, which is released.
 */
void starting_fail(struct worker *worker, int error, int status, struct text *why);

/* Puts such a failure into the report, with the reason and the status for STAGE. */
void starting_fail_at(struct worker *worker, enum spawn_stage stage, int error);

/* Makes the limit of the log, and opens PROBE, unless that is NULL. Returns 0 or -errno. */
int starting_open_extras(struct worker *worker, const char *probe);

/* Returns the plan to spawn the worker's command, without its input, as a probe needs it. */
struct spawn_plan starting_plan(const struct worker *worker);

/* Closes the probe and frees the environment, which only the probe needs while the command runs. */
void starting_close_probe(struct worker *worker);

/* Frees everything that the start has made. Call it when the processes of the run are gone. */
void starting_close(struct worker *worker);

#endif
