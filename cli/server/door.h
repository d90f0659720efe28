/*
 * The way in to the supervisor: its directory, its socket and the lock beside it. Whatever of them
 * somebody removes is put back, and at the end the socket is removed if it is still our own.
 */
#ifndef K3THREAD_CLI_SERVER_DOOR_H
#define K3THREAD_CLI_SERVER_DOOR_H

#include "cli/place/place.h"

#include <sys/types.h>

/* Takes over: the socket of PLACE, which is borrowed, is ours, and LOCK holds LOCK_LIFE. */
void door_open(const struct place *place, int lock, pid_t guardian);

/* Opens the bell, see bell.h. Returns its descriptor, or -errno. */
int door_open_bell(void);

/*
 * Looks whether all is there, and puts back what is missing. Returns a descriptor that listens at a
 * new socket, which takes the place of the old one; -1: there is none.
 */
int door_look(void);

/* Lets those go who rang, of whom the first door_look() after this knows. */
void door_answer(void);

/* Closes the bell and removes the socket, unless it is somebody else's by now. */
void door_shut(void);

#endif
