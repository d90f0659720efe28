/*
 * Keeps a log small (--log-limit) while its command writes it: the oldest blocks are given back to the
 * disk (a hole is punched), so that about the newest LIMIT bytes stay. The command writes straight to
 * the file all the while. In a file system that has no holes the log just grows, and the journal says
 * so. Each is used by one worker.
 */
#ifndef K3THREAD_CLI_WORKER_LOG_LIMIT_H
#define K3THREAD_CLI_WORKER_LOG_LIMIT_H

#include "cli/base/file_watch.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

/* One log that is kept small. */
struct log_limit {
    const char       *path; /* borrowed */
    off_t             limit;
    int               file;
    off_t             hole; /* the end of the hole */
    struct file_watch watch;
    bool   is_armed; /* the watch waits for a write; else the file is looked at by time */
    double next;     /* when it is looked at again; INFINITY: not by time */
};

/* Makes LOG one that may be closed. Closes nothing itself. */
void log_limit_init(struct log_limit *log);

/* Begins. PATH, which is borrowed, is there; if it cannot be opened or watched it is tried again by time. */
void log_limit_open(struct log_limit *log, const char *path, off_t limit);

/* Returns what to poll for: that the log has grown. fd -1: nothing. */
struct pollfd log_limit_poll(const struct log_limit *log);

/* Looks at the log: when the poll says something, or `next` has come. */
void log_limit_check(struct log_limit *log);

/* Looks for the last time, when no process writes any more, and closes. */
void log_limit_close(struct log_limit *log);

#endif
