/*
 * The processor time and the memory of the processes that a thread has now: those of its command and
 * of all that descend from it, as /proc tells them. The supervisor knows only of processes that have
 * ended.
 */
#ifndef K3THREAD_CLI_TOP_LIVE_H
#define K3THREAD_CLI_TOP_LIVE_H

#include "cli/top/row.h"

#include <stdbool.h>

/*
 * Looks at the processes of ROW, if it is time to. A thread that uses no processor time is looked at
 * less often. Returns true if what is shown of them has changed.
 */
bool live_look(struct row *row, double time);

/* Returns when live_look() should be called for ROW again, or INFINITY. */
double live_next(const struct row *row);

#endif
