/*
 * A run of `start --call` begins with k3thread-host, which loads the library. This file makes a run begin with that
 * program, and reads its news: success or failure (see cli/host/host.c).
 */
#ifndef K3THREAD_CLI_WORKER_LOADING_H
#define K3THREAD_CLI_WORKER_LOADING_H

#include "cli/base/text.h"
#include "cli/process/spawn.h"
#include "cli/worker/job.h"

#include <poll.h>

/* The loading of one run's library. */
struct loading;

/* Makes the pipe and the arguments for a run of JOB. Returns 0, or -errno, perhaps with WHY. */
int loading_open(const struct job *job, struct loading **ret, struct text *why);

/* Makes PLAN run k3thread-host, unless loading_begin() was called. */
void loading_extend(struct loading *loading, struct spawn_plan *plan);

/* Closes this process's copy of the writing end, so that the process's end is seen. Call it after the spawn. */
void loading_begin(struct loading *loading);

/* Returns the descriptor to poll for news. */
struct pollfd loading_poll(const struct loading *loading);

/* The news from k3thread-host: none yet; it calls the function; there will be none, because its process has ended. */
enum { LOADING_NOTHING, LOADING_DONE, LOADING_NEVER };

/* Returns the news, or -errno with WHY if k3thread-host cannot call the function. */
int loading_check(const struct loading *loading, struct text *why);

/* Frees LOADING, which may be NULL. */
void loading_close(struct loading *loading);

#endif
