/*
 * The loading of a library by k3thread-host, which a run of `start --call` begins with: how the program is started,
 * and what it says (see cli/host/host.c).
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

/* Makes PLAN one that runs k3thread-host. Until loading_begin(), which follows the spawn. */
void loading_extend(struct loading *loading, struct spawn_plan *plan);
void loading_begin(struct loading *loading);

/* Returns what to poll for. */
struct pollfd loading_poll(const struct loading *loading);

/* The news from k3thread-host: none yet; that it calls the function; nothing ever, as its process has ended. */
enum { LOADING_NOTHING, LOADING_DONE, LOADING_NEVER };

/* Returns one of these, or -errno with WHY if it cannot call the function. */
int loading_check(const struct loading *loading, struct text *why);

/* Frees LOADING, which may be NULL. */
void loading_close(struct loading *loading);

#endif
