/*
 * Starts and reaps the children of a run's front: its supervisor, to which it connects, and the process
 * of its script.
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
 * Ends the children that front_start_children() has started, and reports the reason of its ERROR.
 * Returns the exit status.
 */
int front_fail_to_start(struct front *front, int error);

/* Takes the messages that the supervisor has sent. */
void front_handle_client(struct front *front);

/* Waits for the children that have ended; in process 1 also for orphans of other processes. */
void front_reap(struct front *front);

#endif
