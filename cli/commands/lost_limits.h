/* Reports the resource limits of this process that a started command did not get. */
#ifndef K3THREAD_CLI_COMMANDS_LOST_LIMITS_H
#define K3THREAD_CLI_COMMANDS_LOST_LIMITS_H

#include <jansson.h>

/* Reports, as COMMAND, the limits that RESULT, the reply to a start, names: the new command did not get them. */
void lost_limits_warn(const char *command, const json_t *result);

#endif
