/*
 * The loading of a library by k3thread-host, with which a run of `start --call` begins: how that program is started,
 * and how it reports success or failure (see cli/host/host.c).
 */
#ifndef K3THREAD_CLI_WORKER_LOADING_H
#define K3THREAD_CLI_WORKER_LOADING_H

#include "cli/base/text.h"
#include "cli/process/spawn.h"
#include "cli/worker/job.h"

#include <poll.h>

struct loading;

/* Makes what a run of JOB needs. Returns 0, or -errno, perhaps with WHY. */
int loading_open(const struct job *job, struct loading **ret, struct text *why);

/* Makes PLAN run k3thread-host, unless loading_begin() was called. Call that after the spawn. */
void loading_extend(struct loading *loading, struct spawn_plan *plan);
void loading_begin(struct loading *loading);

/* Returns what to poll for. */
struct pollfd loading_poll(const struct loading *loading);

/* The news from k3thread-host: none yet; it calls the function; there will be none, because its process has ended. */
enum { LOADING_NOTHING, LOADING_DONE, LOADING_NEVER };

/* Returns one of these, or -errno with WHY if it cannot call the function. */
int loading_check(const struct loading *loading, struct text *why);

/* Frees LOADING, which may be NULL. */
void loading_close(struct loading *loading);

#endif
