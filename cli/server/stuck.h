/*
 * Threads that are to end before their commands run. A child that has not come to its exec may wait
 * for a file system that does not answer, and its worker waits for the child: the worker hears of no
 * exception then, so the child is killed from here. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_STUCK_H
#define K3THREAD_CLI_SERVER_STUCK_H

#include "cli/server/record.h"

/* Watches RECORD, which was asked to end, unless its command runs. */
void stuck_watch(struct record *record);

/* Watches RECORD no more, if it was watched: it has ended. */
void stuck_unwatch(struct record *record);

/* Kills the children that are stuck. Returns the seconds until it is to be called again, or -1. */
double stuck_kill(void);

#endif
