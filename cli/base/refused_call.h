/* Finds a system call that this program needs and cannot use: Linux 5.4 has them all, but a filter may refuse them. */
#ifndef K3THREAD_CLI_BASE_REFUSED_CALL_H
#define K3THREAD_CLI_BASE_REFUSED_CALL_H

#include "cli/base/text.h"

#include <stdbool.h>

/* Returns true if the kernel is older than Linux 5.4, with a sentence about that in WHY. */
bool refused_call_kernel_is_old(struct text *why);

/*
 * Appends "; …" to WHY, with the name of a needed system call that is refused here, if that can be the cause of ERROR,
 * -EPERM or -ENOSYS. Appends nothing if no such call is refused.
 */
void refused_call_explain(struct text *why, int error);

#endif
