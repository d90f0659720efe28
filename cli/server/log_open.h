/* Opens the log of a thread where the wanted part of its output begins. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_LOG_OPEN_H
#define K3THREAD_CLI_SERVER_LOG_OPEN_H

#include "cli/place/logfile.h"
#include "cli/server/record.h"

#include <sys/types.h>

/*
 * Opens the log of RECORD at OFFSET, or at the first byte behind OFFSET that is left. If SECONDS is not negative,
 * moves on to the output of the last SECONDS. If the thread has not begun, the log is opened at its end, because the
 * bytes in the file are not from this thread. *RET_SIZE becomes the size of the log. Returns 0 or -errno, as
 * logfile_open() does; then nothing is open.
 */
int log_open(struct logfile *log, const struct record *record, off_t offset, double seconds,
             off_t *ret_size);

#endif
