/* The limits of a command, as parameters of a request. */
#ifndef K3THREAD_CLI_SERVER_PARAM_LIMITS_H
#define K3THREAD_CLI_SERVER_PARAM_LIMITS_H

#include "cli/process/limits.h"
#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Reads "limits" and "nice" of a request into *RET. A limit that is left out keeps the value that
 * this process was started with. The scheduling is that of the client's process. Returns false, with CALL failed, if
 * the parameters are not valid.
 */
bool param_limits_parse(struct call *call, const json_t *limits, const json_t *nice,
                        struct limits *ret);

/* Writes a list of the names of the limits in the set BITS. */
void param_limits_write_names(struct text *text, unsigned bits);

#endif
