/*
 * The end of a supervisor: which threads are asked to end, and when all have ended. The server's
 * thread only.
 *
 * Once a shutdown has begun, no new thread is started. When the last thread that is not a daemon
 * has ended, the daemons get SystemExit. When all threads have ended, the supervisor ends. No
 * thread is asked to end before the threads that need it have ended.
 */
#ifndef K3THREAD_CLI_SERVER_SHUTDOWN_H
#define K3THREAD_CLI_SERVER_SHUTDOWN_H

#include "cli/server/call.h"
#include "k3thread.h"

#include <stdbool.h>

/*
 * Begins a shutdown, or joins a shutdown that has begun. END_BY, if not NULL, is raised in all
 * threads at once; the first such exception counts. CALL, if not NULL, is answered at the end.
 */
void shutdown_begin(struct call *call, const k3thread_exctype *end_by);

bool shutdown_has_begun(void);

/*
 * Continues the shutdown, if there is one. Returns false if a thread could not be asked to end, for
 * lack of memory: the caller must call again after a pause.
 */
bool shutdown_advance(void);

/* Returns true if a shutdown has begun, and all threads have ended. */
bool shutdown_is_complete(void);

/* Answers the calls that wait for the end. From now on shutdown_begin() answers at once. */
void shutdown_answer(void);

#endif
