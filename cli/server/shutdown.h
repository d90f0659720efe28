/*
 * The end of a supervisor: which threads are asked to end, and when all have ended. The server's thread only.
 *
 * From the beginning of a shutdown on there are no new threads. When the last thread that is no
 * daemon has ended, the daemons get SystemExit; when all have ended, the supervisor does. No thread
 * is asked to end before the threads that need it have ended.
 */
#ifndef K3THREAD_CLI_SERVER_SHUTDOWN_H
#define K3THREAD_CLI_SERVER_SHUTDOWN_H

#include "cli/server/call.h"
#include "k3thread.h"

#include <stdbool.h>

/*
 * Begins a shutdown, or joins one that has begun. NOW, if not NULL, is raised in all threads without
 * waiting for any; the first one counts. CALL, if not NULL, is answered at the end.
 */
void shutdown_begin(struct call *call, const k3thread_exctype *now);

bool shutdown_has_begun(void);

/*
 * Goes on with the shutdown, if there is one. Returns false if a thread could not be asked to end,
 * for want of memory: to be called again in a while.
 */
bool shutdown_advance(void);

/* Returns true if a shutdown has begun, and all threads have ended. */
bool shutdown_is_complete(void);

/* Answers the calls that wait for the end, now and from now on. */
void shutdown_answer(void);

#endif
