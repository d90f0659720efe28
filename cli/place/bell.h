/*
 * The bell of a supervisor: a second address, which no user can remove.
 *
 * A client that cannot connect to the socket rings the bell: it connects to an abstract address
 * that follows from the place. The supervisor checks that its directory, its socket and its lock
 * are still there, puts back missing files, and closes the connection. No data goes over the
 * connection, because every process of the same network namespace can connect, even a process that
 * may not look into the directory.
 */
#ifndef K3THREAD_CLI_PLACE_BELL_H
#define K3THREAD_CLI_PLACE_BELL_H

#include "cli/place/place.h"

#include <sys/types.h>

/*
 * Returns a descriptor, which does not block and becomes readable when a client rings, or -errno.
 */
int bell_open(const struct place *place);

/*
 * Rings, and waits up to a second until the supervisor has checked its files. Returns 0, -ENOENT if
 * there is no supervisor, or -ETIMEDOUT if the supervisor, *RET_PID, did not react.
 */
int bell_ring(const struct place *place, pid_t *ret_pid);

#endif
