/*
 * The supervisor's files in its place: the directory, the socket and the lock beside it. Puts back
 * a file that another program has removed, and removes the socket at the end if it is still our
 * own. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_DOOR_H
#define K3THREAD_CLI_SERVER_DOOR_H

#include "cli/place/place.h"

#include <sys/types.h>

/*
 * Begins to guard the files of PLACE, which is borrowed. Its socket is ours; LOCK is a descriptor
 * that holds LOCK_LIFE.
 */
void door_open(const struct place *place, int lock, pid_t guardian);

/* Opens the bell, see bell.h. Returns its descriptor, or -errno. */
int door_open_bell(void);

/*
 * Checks the files and puts back those that are missing. Returns a descriptor that listens at a new
 * socket and replaces the old one, or -1 if there is no new socket.
 */
int door_look(void);

/* Closes the bell and removes the socket, unless the socket belongs to another supervisor by now. */
void door_shut(void);

#endif
