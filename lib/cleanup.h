/* Runs the cleanups of k3thread_cleanup_push. frame.h keeps the list of blocks that they are in. */
#ifndef K3THREAD_CLEANUP_H
#define K3THREAD_CLEANUP_H

#include "frame.h"

/* Takes BLOCK, the innermost block, out of the list and runs it. PASSED: an exception passes BLOCK. */
void k3t_cleanup_run(struct k3thread_cleanup_ *block, bool passed);

#endif
