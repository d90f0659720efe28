/*
 * The bell of a supervisor: a way to be heard that cannot be removed.
 *
 * Whoever finds nobody at the socket rings it, by connecting to an abstract address that follows
 * from the place. The supervisor looks whether its directory, its socket and its lock are still
 * there, puts back what is missing, and hangs up. No data goes that way: everybody of the same
 * network namespace could ring, whatever directories he can look into.
 */
#ifndef K3THREAD_CLI_PLACE_BELL_H
#define K3THREAD_CLI_PLACE_BELL_H

#include "cli/place/place.h"

#include <sys/types.h>

/* Returns a descriptor that becomes readable when somebody rings and does not block, or -errno. */
int bell_open(const struct place *place);

/*
 * Rings, and waits a second for the supervisor to have looked. Returns 0, -ENOENT if there is none,
 * or -ETIMEDOUT if the one that there is, *RET_PID, did not look.
 */
int bell_ring(const struct place *place, pid_t *ret_pid);

#endif
