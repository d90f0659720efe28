/* What threads need: other threads that must be ready before. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_NEEDS_H
#define K3THREAD_CLI_SERVER_NEEDS_H

#include "cli/server/record.h"

#include <stdbool.h>

/* Counts RECORD among the live threads that need what it needs; or, if not IS_LIVE, no longer. */
void needs_count(const struct record *record, bool is_live);

/*
 * Returns the first need of RECORD that was never met, or NULL. A thread that was ready once may have
 * ended since, and be forgotten.
 */
const struct need *needs_unmet(const struct record *record);

/* Returns true if NEED, which is not met, will never be: the thread has ended. */
bool needs_is_lost(const struct need *need);

/* Puts into WHY what a thread ends with that has lost NEED. */
void needs_explain(const struct need *need, struct text *why);

#endif
