#include "cli/server/log_open.h"

#include "cli/server/output_times.h"

/*
 * Moves LOG forward to the first line of the output of the last SECONDS. LOG has SIZE bytes.
 */
static int skip_older(struct logfile *log, const struct record *record, off_t size, double seconds)
{
    off_t   begin = log->position;
    off_t   found = output_times_find(record, size, seconds);
    char    last = '\n';
    ssize_t n = 0;

    if (found <= begin)
        return 0;
    if (found == size) { /* there is no new output, not even the rest of the last line */
        log->position = size;
        return 0;
    }
    log->position = found - 1;
    n = logfile_read(log, &last, 1);
    log->position = n == 1 && last != '\n' ? begin : found;
    return n == 1 && last != '\n' ? logfile_seek_lines(log, found, 1) : 0;
}

int log_open(struct logfile *log, const struct record *record, off_t offset, double seconds,
             off_t *ret_size)
{
    struct logfile opened = LOGFILE_CLOSED;
    off_t          size = 0;
    int            error = logfile_open(&opened, record->job.output, offset);

    if (error == 0)
        error = logfile_size(&opened, &size);
    if (error == 0 && record->now.runs == 0)
        opened.position = size;
    if (error == 0)
        error = logfile_skip_lost(&opened);
    if (error == 0 && seconds >= 0)
        error = skip_older(&opened, record, size, seconds);
    if (error != 0) {
        logfile_close(&opened);
        return error;
    }
    *log = opened;
    *ret_size = size;
    return 0;
}
