/*
 * The needs of threads: what must hold of other threads before a thread begins. The server's thread
 * only.
 */
#ifndef K3THREAD_CLI_SERVER_NEEDS_H
#define K3THREAD_CLI_SERVER_NEEDS_H

#include "cli/server/record.h"

#include <stdbool.h>

/*
 * Counts RECORD in the threads that it needs: as one more live thread, or, if not IS_LIVE, as one
 * less.
 */
void needs_count(const struct record *record, bool is_live);

/*
 * Returns the first need of RECORD that was never met, or NULL. A need stays met when the needed
 * thread ends or is forgotten.
 */
const struct need *needs_unmet(const struct record *record);

/*
 * Returns true if NEED, which is not met, can no longer be met, because its thread has ended. If that
 * thread begins again, the need can be met again.
 */
bool needs_is_lost(const struct need *need);

/* Puts into WHY the message of a thread that ends because NEED is lost. */
void needs_explain(const struct need *need, struct text *why);

#endif
