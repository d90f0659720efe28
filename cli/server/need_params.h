/* The parameter "needs" of the method "start". */
#ifndef K3THREAD_CLI_SERVER_NEED_PARAMS_H
#define K3THREAD_CLI_SERVER_NEED_PARAMS_H

#include "cli/server/call.h"
#include "cli/worker/job.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Reads NEEDS, a list or NULL, into JOB, whose name is known. The needed threads must exist, live or
 * ended. Returns false, with CALL failed, if NEEDS is not such a list.
 */
bool need_params_read(struct call *call, const json_t *needs, struct job *job);

#endif
