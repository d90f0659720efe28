/*
 * Notes when the threads' logs grow, for `logs --since`. The server's thread only.
 *
 * A log holds no times, and its thread's worker does not see what the command writes. So one watch on the
 * directory of the logs tells which were written to, at most ten times a second, and their sizes are noted.
 * Files of start --output are not watched: of them only the beginning of the last run and the time of the
 * last write are known.
 */
#ifndef K3THREAD_CLI_SERVER_OUTPUT_TIMES_H
#define K3THREAD_CLI_SERVER_OUTPUT_TIMES_H

#include "cli/server/record.h"

#include <sys/types.h>

/* Begins to watch. If the system has no watch to spare, no times are noted, and the journal says so. */
void output_times_open(void);

/* Does what is due. Returns the seconds until something is due again, or -1. */
double output_times_do_due(void);

/*
 * Returns a position in RECORD's output, which has SIZE bytes, that all output of the last SECONDS comes
 * behind. It errs to the side of more output, by a tenth of a second, or by one per cent of SECONDS.
 */
off_t output_times_find(const struct record *record, off_t size, double seconds);

#endif
