/* Requirements of the kernel: Linux 5.4, and no filter that refuses the calls of this program. */
#ifndef K3THREAD_CLI_BASE_REFUSED_CALL_H
#define K3THREAD_CLI_BASE_REFUSED_CALL_H

#include "cli/base/text.h"

/* Appends which needed system call is refused here, if one is: for a failure with EPERM or ENOSYS. */
void refused_call_explain(struct text *text, int error);

#endif
