/* The system calls that this program needs: Linux 5.4 has them, but a filter may refuse them. */
#ifndef K3THREAD_CLI_BASE_REFUSED_CALL_H
#define K3THREAD_CLI_BASE_REFUSED_CALL_H

#include "cli/base/text.h"

#include <stdbool.h>

/* Returns true if the kernel is older than Linux 5.4, with a sentence about that in WHY. */
bool refused_call_kernel_is_old(struct text *why);

/*
 * Appends to WHY, as "; …", which needed system call is refused here, if ERROR, -errno, can come of that:
 * -EPERM or -ENOSYS. Appends nothing if none is refused.
 */
void refused_call_explain(struct text *why, int error);

#endif
