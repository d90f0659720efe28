/* The parameter "leash" of the method "start". */
#ifndef K3THREAD_CLI_SERVER_LEASH_PARAM_H
#define K3THREAD_CLI_SERVER_LEASH_PARAM_H

#include "cli/server/call.h"
#include "cli/server/leash.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Opens the leash to the process PID, an integer, into *RET. If PID is NULL, leaves *RET untouched. Returns false,
 * with CALL failed, if PID is not a process that can be watched. A process that has ended is not a failure.
 */
bool leash_param_read(struct call *call, const json_t *pid, struct leash **ret);

#endif
