/*
 * Executions: the commands that an agent's supervisor runs for the workers of a run (the method "execute").
 *
 * The command's output is a pipe, which the server reads and sends to the worker. It reads no further while the
 * worker leaves much unread, so that the command waits. If the connection ends, the command is killed. The
 * server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_EXECUTION_H
#define K3THREAD_CLI_SERVER_EXECUTION_H

#include "cli/server/call.h"
#include "cli/server/start_params.h"

/* Starts what START says, whose job it takes over, and lets CALL wait for its end. */
void execution_begin(struct call *call, struct start_params *start);

/* Reads on where a worker has taken what it was sent. */
void executions_advance(void);

#endif
