/* The functions of k3thread_cleanup_push. */
#ifndef K3THREAD_CLEANUP_H
#define K3THREAD_CLEANUP_H

#include "frame.h"

/* Takes BLOCK, the innermost one, out of the list and runs it. PASSED: an exception passes it. */
void k3t_cleanup_run(struct k3thread_cleanup_ *block, bool passed);

#endif
