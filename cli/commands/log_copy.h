/*
 * The log of one thread, copied to standard output while the thread goes on.
 *
 * The supervisor's answer to "logs" says where the output of the thread begins in the log. Functions
 * return an exit status, STATUS_DONE as long as all is well, and report what is not.
 */
#ifndef K3THREAD_CLI_COMMANDS_LOG_COPY_H
#define K3THREAD_CLI_COMMANDS_LOG_COPY_H

#include "cli/commands/session.h"
#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>

struct log_copy {
    const struct invocation *call;

    /* What the command asks for, before log_copy_begin(). */
    bool               timestamps; /* before each line */
    bool               follow;     /* until the thread has ended */
    bool               some_lines; /* begins with the last LINES lines */
    unsigned long long lines;
    bool               own; /* by start --wait: a log that cannot be shown is no error */

    bool                   is_silent;     /* nothing is copied, any more or at all */
    bool                   output_closed; /* standard output has no reader any more */
    struct printer         printer;
    struct printer_source *source;  /* NULL: the log is not known yet */
    int                    inotify; /* -1: none; then the log is looked at in intervals */
};

/* Prepares COPY; log_copy_close() then is fine at any time. */
void log_copy_open(struct log_copy *copy, const struct invocation *call);

/* Has the system tell of writes to the log, from log_copy_begin() on. */
void log_copy_watch(struct log_copy *copy);

/* Opens the log of the thread ID that RESULT, the answer to "logs", names. */
int log_copy_begin(struct log_copy *copy, json_int_t id, const json_t *result);

/* Takes what is new in the log, to be written. */
int log_copy_take(struct log_copy *copy);

/* Notes that nothing more will be written to the log. */
void log_copy_end(struct log_copy *copy);

/* Writes some of what was taken: standard output is ready. */
int log_copy_write(struct log_copy *copy);

/* Copies all that the log holds now. */
int log_copy_now(struct log_copy *copy);

/* Copies no more, since standard output failed with ERROR. */
int log_copy_lose_output(struct log_copy *copy, int error);

/* Reads what the system told of the log and its directory. */
void log_copy_read_events(struct log_copy *copy);

/* Returns in how many milliseconds to look at the log without news; -1: no such look is needed. */
int log_copy_patience(const struct log_copy *copy);

/* Returns true if there is something to write. */
bool log_copy_is_ready(const struct log_copy *copy);

/* Returns true if all has been copied that there is. */
bool log_copy_is_done(const struct log_copy *copy);

/* Warns if the disk of the log is full: then the log may hold less than was printed. */
int log_copy_finish(const struct log_copy *copy);

/* Reports that the times of the lines are not known. Returns the exit status. */
int log_copy_fail_times(const struct invocation *call);

void log_copy_close(struct log_copy *copy);

#endif
