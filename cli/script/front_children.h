/*
 * The children of a run's front: its supervisor, to which it is connected, and the process of its
 * script.
 */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_CHILDREN_H
#define K3THREAD_CLI_SCRIPT_FRONT_CHILDREN_H

#include "cli/script/front_state.h"
#include "cli/script/script.h"

/*
 * Starts the supervisor, asks it for events, and starts SCRIPT. Returns 0, or -errno; the failure
 * may have been reported already.
 */
int front_start_children(struct front *front, const struct script *script);

/*
 * Ends what front_start_children() has begun, and reports why it failed with ERROR. Returns the
 * exit status.
 */
int front_fail_to_start(struct front *front, int error);

/* Takes what the supervisor has sent. */
void front_handle_client(struct front *front);

/* Waits for the children that have ended; in process 1 also for orphans of other processes. */
void front_reap(struct front *front);

#endif
