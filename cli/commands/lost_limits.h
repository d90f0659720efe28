/* What a started command did not get of the resource limits of this process. */
#ifndef K3THREAD_CLI_COMMANDS_LOST_LIMITS_H
#define K3THREAD_CLI_COMMANDS_LOST_LIMITS_H

#include <jansson.h>

/* Says, as COMMAND, which limits the command of a start did not get, if RESULT names any. */
void lost_limits_warn(const char *command, const json_t *result);

#endif
