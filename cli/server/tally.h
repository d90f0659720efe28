/* Counts of how threads have ended since the supervisor began. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_TALLY_H
#define K3THREAD_CLI_SERVER_TALLY_H

#include "cli/server/record.h"

#include <jansson.h>
#include <stddef.h>

/* Counts RECORD, which has just ended. */
void tally_add(const struct record *record);

/* Return how many threads have ended, and how many of these needed other threads. */
size_t tally_ended(void);
size_t tally_ended_with_needs(void);

/*
 * Returns the list of the processes that could not be ended, or NULL if there are none. Borrowed.
 */
json_t *tally_unended(void);

#endif
