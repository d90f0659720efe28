/*
 * Notes when the threads' logs grow, for `logs --since`. The server's thread only.
 *
 * A log holds no times, and a worker does not see what its command writes. So the server has one watch on the
 * directory of the logs. At most ten times a second it reads from the watch which logs were written to, and
 * notes their sizes. It does not watch the files of start --output: for these it knows only where the last run
 * begins, and the time of the last write.
 */
#ifndef K3THREAD_CLI_SERVER_OUTPUT_TIMES_H
#define K3THREAD_CLI_SERVER_OUTPUT_TIMES_H

#include "cli/server/record.h"

#include <sys/types.h>

/*
 * Makes the watch, which watches nothing yet. To be called before the guardian is made, so that it has a copy: when
 * the last copy is closed, the kernel waits some 20 ms, and a supervisor that is killed would end its processes later
 * by that time.
 */
void output_times_prepare(void);

/* Closes the guardian's copy of the watch, as it ends. */
void output_times_close(void);

/* Begins to watch. If the system has no watch to spare, no times are noted, and the journal says so. */
void output_times_open(void);

/* Notes the sizes of logs, if that is due. Returns the seconds until the next call is due, or -1. */
double output_times_do_due(void);

/*
 * Returns a position in RECORD's output, which has SIZE bytes, so that all output of the last SECONDS is behind
 * it. Up to a tenth of a second, or one per cent of SECONDS, of earlier output may be behind it too.
 */
off_t output_times_find(const struct record *record, off_t size, double seconds);

#endif
