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

/* Starts the command of START, whose job it takes over, and lets CALL wait for the end. */
void execution_begin(struct call *call, struct start_params *start);

/* Goes on reading the output of commands whose workers have read most of what they were sent. */
void executions_advance(void);

#endif
