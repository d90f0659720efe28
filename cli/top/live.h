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

/*
 * Takes what the supervisor says of the living processes of ROW at TIME: the seconds of processor time, and the bytes
 * of memory. Returns true if the numbers that are shown have changed.
 */
bool live_take(struct row *row, double time, double cpu, uint64_t memory);

/* Notes that the supervisor could not say anything of ROW at TIME. */
void live_skip(struct row *row, double time);

/* Returns the time at which the processes of ROW should be looked at again, or INFINITY. */
double live_next(const struct row *row);

#endif
