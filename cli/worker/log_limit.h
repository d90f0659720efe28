/*
 * Keeps a log small while its command writes it: the oldest blocks are given back to the disk
 * (a hole is punched), so that about the newest LIMIT bytes stay. The command writes straight to
 * the file all the while. For a file system that cannot do that, the log just grows, and the journal
 * says so. One worker.
 */
#ifndef K3THREAD_CLI_WORKER_LOG_LIMIT_H
#define K3THREAD_CLI_WORKER_LOG_LIMIT_H

#include "cli/base/file_watch.h"

#include <poll.h>
#include <sys/types.h>

struct log_limit {
    const char       *path; /* borrowed */
    off_t             limit;
    int               file;
    off_t             hole; /* up to here it is punched */
    struct file_watch watch;
    struct pollfd     poll; /* says that the file has grown; fd -1: not to be polled now */
    double            next; /* when it may be looked at again; INFINITY: not by time */
};

/* Zeroes, and closes nothing. */
void log_limit_init(struct log_limit *log);

/* The file is there from now on. One that cannot be opened or watched is tried again by time. */
void log_limit_open(struct log_limit *log, const char *path, off_t limit);

/* When the poll says something, or `next` has come. */
void log_limit_check(struct log_limit *log);

/* The last time, when nobody writes any more. */
void log_limit_close(struct log_limit *log);

#endif
