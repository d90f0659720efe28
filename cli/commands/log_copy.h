/*
 * Copies the log of one thread to standard output while the thread goes on.
 *
 * The supervisor's reply to "logs" says where the thread's output begins in the log. Functions report
 * their failures, and return an exit status, STATUS_DONE on success.
 */
#ifndef K3THREAD_CLI_COMMANDS_LOG_COPY_H
#define K3THREAD_CLI_COMMANDS_LOG_COPY_H

#include "cli/client/log_feed.h"
#include "cli/commands/session.h"
#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>

/* One copy. */
struct log_copy {
    const struct invocation *invocation;

    /* The wishes of the command, set before log_copy_begin(). */
    bool     timestamps; /* print the time before each line */
    bool     follow;     /* go on until the thread has ended */
    bool     some_lines; /* begin with the last LINES lines */
    uint64_t lines;
    bool     own; /* for start --wait: a log that cannot be shown is no error */

    bool                   is_silent;     /* nothing is copied, or nothing more */
    bool                   output_closed; /* no process reads standard output any more */
    struct printer         printer;
    struct printer_source *source;  /* NULL until the log is known */
    struct log_feed        feed;    /* brings the log from another machine; zeroed: it is a file */
    int                    inotify; /* -1: none, so the log is looked at in intervals */
};

/* Prepares COPY. From now on log_copy_close() may be called at any time. */
void log_copy_open(struct log_copy *copy, const struct invocation *invocation);

/*
 * Queues the request that brings the log of the thread ID from another machine; for a log of this machine, no request.
 * ID and SINCE are as for follow_request() and struct follow. Returns as the functions of client.h do.
 */
int log_copy_request(struct log_copy *copy, json_int_t id, double since);

/* Takes REPLY if it brings a piece of the log. Returns 1 if it does, 0 if not, or -errno. */
int log_copy_take_reply(struct log_copy *copy, const struct reply *reply);

/* Makes the system report writes to the log, from log_copy_begin() on. */
void log_copy_watch(struct log_copy *copy);

/* Opens the log of the thread ID. RESULT, the reply to "logs", names the log. */
int log_copy_begin(struct log_copy *copy, json_int_t id, const json_t *result);

/* Takes new output from the log, and asks another machine for more. */
int log_copy_take(struct log_copy *copy);

/* Returns true if all of the log can be taken, once the thread has ended. */
bool log_copy_is_whole(const struct log_copy *copy);

/* Notes that the log will not be written to any more. */
void log_copy_end(struct log_copy *copy);

/* Writes some of the output that was taken. Standard output must be ready. */
int log_copy_write(struct log_copy *copy);

/* Copies all that the log holds now. */
int log_copy_now(struct log_copy *copy);

/*
 * Stops copying, because standard output failed with ERROR. For start --wait this is no failure: the caller waits for
 * the end of the thread without its output.
 */
int log_copy_lose_output(struct log_copy *copy, int error);

/* Reads the system's events about the log and its directory. */
void log_copy_read_events(struct log_copy *copy);

/*
 * Returns the milliseconds after which the log must be looked at without an event, or -1 if it need
 * not be.
 */
int log_copy_patience(const struct log_copy *copy);

/* Returns true if bytes wait to be written. */
bool log_copy_is_ready(const struct log_copy *copy);

/* Returns true if everything was copied. */
bool log_copy_is_done(const struct log_copy *copy);

/* Warns if the disk of the log is full, because the log may then lack a part of the output. */
int log_copy_finish(const struct log_copy *copy);

/*
 * Returns true if the times of the lines of the log at PATH, of the thread ID, are known. RESULT is the reply to
 * "logs".
 */
bool log_copy_has_times(const struct invocation *invocation, const char *path, json_int_t id,
                        const json_t *result);

/* Reports that the times of the lines are unknown. Returns the exit status. */
int log_copy_fail_times(const struct invocation *invocation);

/* Returns true after a report, if FEED, which brings the log SOURCE of one of several threads, has failed. */
bool log_copy_report(const struct invocation *invocation, const struct printer_source *source,
                     const struct log_feed *feed);

/* Warns if the disk of a log is full: of the log of FEED, if that is open, or else of the log at PATH. */
bool log_copy_warn_full(const struct invocation *invocation, const char *path,
                        const struct log_feed *feed);

void log_copy_close(struct log_copy *copy);

#endif
