/*
 * Measures the processor time and the memory of the processes that a thread has now: its command and
 * all processes that descend from it, as /proc shows them. The supervisor knows only the usage of
 * processes that have ended.
 */
#ifndef K3THREAD_CLI_TOP_LIVE_H
#define K3THREAD_CLI_TOP_LIVE_H

#include "cli/top/row.h"

#include <stdbool.h>

/*
 * Looks at the processes of ROW, if that is due. Looks less often at a thread that uses no processor
 * time. Returns true if the numbers that are shown have changed.
 */
bool live_look(struct row *row, double time);

/* Returns the time at which live_look() should be called for ROW again, or INFINITY. */
double live_next(const struct row *row);

#endif
