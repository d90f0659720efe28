/* Ends the threads whose leash has snapped; see leash.h. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_LEASH_ENDS_H
#define K3THREAD_CLI_SERVER_LEASH_ENDS_H

#include <stdbool.h>

/*
 * Raises SystemExit in each thread whose leash has snapped. Returns false if that must be tried again, for lack
 * of memory or room.
 */
bool leash_ends_advance(void);

#endif
