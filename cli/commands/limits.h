/* The resource limits and the niceness of this process, for a command that it starts. */
#ifndef K3THREAD_CLI_COMMANDS_LIMITS_H
#define K3THREAD_CLI_COMMANDS_LIMITS_H

#include "cli/base/text.h"

#include <jansson.h>

/* Writes the members "limits" and "nice" of a request. cli/quick/request.c writes the same. */
void limits_write(struct text *params);

/* Says, as COMMAND, which of them the command of a start did not get, if RESULT names any. */
void limits_warn(const char *command, const json_t *result);

#endif
