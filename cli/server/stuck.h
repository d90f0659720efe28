/*
 * Kills children that are stuck before their exec when their threads are asked to end. Such a child may wait
 * for a file system that does not answer. Its worker waits for the child, and cannot see the exception. So the
 * server kills the child. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_STUCK_H
#define K3THREAD_CLI_SERVER_STUCK_H

#include "cli/server/record.h"

/* Watches RECORD, which was asked to end, unless its command runs. */
void stuck_watch(struct record *record);

/* Stops watching RECORD, which has ended, if it was watched. */
void stuck_unwatch(struct record *record);

/* Kills the children that are stuck. Returns the seconds until the next call is due, or -1. */
double stuck_kill(void);

#endif
