/*
 * The lock beside a supervisor's socket, so that two starters at the same instant become one
 * supervisor. It has two parts:
 *
 *     LOCK_START  held from looking for a socket until listening on one
 *     LOCK_LIFE   held by a supervisor and its guardian: the next one waits until the last process of
 *                 the one before is gone
 *
 * They are locks of open file descriptions: LOCK_LIFE goes over to the supervisor with its
 * descriptor. The file says who has them, for whoever waits.
 */
#ifndef K3THREAD_CLI_PLACE_LOCK_H
#define K3THREAD_CLI_PLACE_LOCK_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <stdbool.h>
#include <sys/types.h>

enum lock_part { LOCK_START, LOCK_LIFE }; /* the byte of the file that is locked */

/*
 * Opens the lock of PLACE and takes PART. Waits while somebody has it, and says on standard error
 * whom it waits for if that takes long.
 *
 * Returns a descriptor, or -errno with a sentence appended to WHY: at once where the holder is
 * another place's supervisor, soon where it is stopped, and after a while in any case.
 */
int lock_take(const struct place *place, enum lock_part part, struct text *why);

/* Writes down who has LOCK_LIFE, which FD holds. */
void lock_sign(int fd, pid_t guardian, pid_t supervisor, const char *socket);

/* Returns true if PATH is the file that FD holds the lock on. */
bool lock_is_at(int fd, const char *path);

/*
 * Takes LOCK_LIFE of a supervisor that lives anew, as its file was removed: a lock that supervisor
 * and guardian share. Does not wait. Returns a descriptor or -errno.
 */
int lock_share(const char *path);

#endif
