/*
 * The lock beside a supervisor's socket: two processes that want to start a supervisor at the same
 * instant start only one. It has two parts:
 *
 *     LOCK_START  held by a process that starts a supervisor, from its look for a socket until it
 *                 listens at one
 *     LOCK_LIFE   held by a supervisor and its guardian: the next supervisor waits until both
 *                 processes are gone
 *
 * Both parts are locks of open file descriptions: LOCK_LIFE goes over to the supervisor with its
 * descriptor. The file names the processes that hold them, for a message to a user who waits.
 */
#ifndef K3THREAD_CLI_PLACE_LOCK_H
#define K3THREAD_CLI_PLACE_LOCK_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <stdbool.h>
#include <sys/types.h>

enum lock_part { LOCK_START, LOCK_LIFE }; /* the byte of the file that is locked */

/*
 * Opens the lock of PLACE and takes PART. Waits while another process holds it; if that takes
 * long, a line on standard error names that process.
 *
 * Returns a descriptor, or -errno with a sentence appended to WHY: at once if the holder is the
 * supervisor of another place, soon if it is stopped, and in any case after a while.
 */
int lock_take(const struct place *place, enum lock_part part, struct text *why);

/* Writes the holders of LOCK_LIFE into the file, whose lock FD holds. */
void lock_sign(int fd, pid_t guardian, pid_t supervisor, const char *socket);

/* Returns true if FD is open on the file at PATH. */
bool lock_is_at(int fd, const char *path);

/*
 * Takes LOCK_LIFE again for a living supervisor whose lock file was removed, as a lock that
 * supervisor and guardian share. Does not wait. Returns a descriptor or -errno.
 */
int lock_share(const char *path);

#endif
