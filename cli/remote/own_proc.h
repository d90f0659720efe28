/*
 * A /proc that shows the processes by the ids that they have for this process. After `unshare --pid`, /proc still shows
 * them by the ids of the namespace outside, and a supervisor would take one process for another.
 */
#ifndef K3THREAD_CLI_REMOTE_OWN_PROC_H
#define K3THREAD_CLI_REMOTE_OWN_PROC_H

#include "cli/base/text.h"

/*
 * If /proc is of another process namespace, gives this process, which has one thread, a mount namespace with a /proc of
 * its own. Returns 0, or -errno with WHY.
 */
int own_proc_ensure(struct text *why);

#endif
