/*
 * The supervisor's files in its place: the directory, the socket and the lock beside it. A file that
 * another program removes is put back, and at the end the socket is removed if it is still our own.
 * The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_DOOR_H
#define K3THREAD_CLI_SERVER_DOOR_H

#include "cli/place/place.h"

#include <sys/types.h>

/* Takes over PLACE, which is borrowed: its socket is ours, and LOCK holds LOCK_LIFE. */
void door_open(const struct place *place, int lock, pid_t guardian);

/* Opens the bell, see bell.h. Returns its descriptor, or -errno. */
int door_open_bell(void);

/*
 * Looks for the files, and puts back what is missing. Returns a descriptor that listens at a new socket,
 * which takes the place of the old one; -1: there is no new one.
 */
int door_look(void);

/* Hangs up on the clients that rang the bell. Each of them rang before the last door_look(). */
void door_answer(void);

/* Closes the bell and removes the socket, unless it is another supervisor's by now. */
void door_shut(void);

#endif
