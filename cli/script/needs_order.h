/*
 * Explains the failure of a script's start, if the start needs a thread that the script starts only in a later line.
 */
#ifndef K3THREAD_CLI_SCRIPT_NEEDS_ORDER_H
#define K3THREAD_CLI_SCRIPT_NEEDS_ORDER_H

#include "cli/script/script_input.h"

#include <stddef.h>

/*
 * Reads SCRIPT, a file, once more. Prints the later line that starts a thread which the start in LINE needs, or the
 * circle that the needs make, in place of the message that is held (message.h). Returns the script's exit status:
 * STATUS_USAGE for a circle, else STATUS. Prints nothing if SCRIPT cannot be read again.
 */
int needs_order_explain(const struct script *script, char *const *environment, size_t line,
                        int status);

#endif
