/* The limits of a command, as requests have them. */
#ifndef K3THREAD_CLI_SERVER_PARAM_LIMITS_H
#define K3THREAD_CLI_SERVER_PARAM_LIMITS_H

#include "cli/process/limits.h"
#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Fills *RET as "limits" and "nice" of a request say. A limit that is left out is as this process was
 * started with. Returns false, with CALL failed, if they are not valid.
 */
bool param_limits_parse(struct call *call, const json_t *limits, const json_t *nice,
                        struct limits *ret);

/* Writes the names of the limits in the set BITS as a list. */
void param_limits_write_names(struct text *text, unsigned bits);

#endif
