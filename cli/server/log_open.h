/* Opens the log of a thread where the wanted part of its output begins. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_LOG_OPEN_H
#define K3THREAD_CLI_SERVER_LOG_OPEN_H

#include "cli/place/logfile.h"
#include "cli/server/record.h"

#include <sys/types.h>

/*
 * Opens the log of RECORD to be read from OFFSET, or from the first byte behind it that is left; with SECONDS
 * that are not negative, from the output of the last SECONDS. The log of a thread that has not begun counts as
 * read, because what is in the file is not this thread's. *RET_SIZE becomes the size of the log. Returns 0 or
 * -errno, as logfile_open() does; then nothing is open.
 */
int log_open(struct logfile *log, const struct record *record, off_t offset, double seconds,
             off_t *ret_size);

#endif
