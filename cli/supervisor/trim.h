/*
 * Keeps a log small while its command writes it: the oldest blocks are given back to the disk
 * (a hole is punched), so that about the newest LIMIT bytes stay. The command writes straight to
 * the file all the while. For a file system that cannot do that, the log just grows.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_TRIM_H
#define K3THREAD_CLI_SUPERVISOR_TRIM_H

#include <poll.h>
#include <sys/types.h>

/* Zeroed: no limit. */
struct trim {
    off_t         limit;
    int           file;
    off_t         hole; /* up to here it is punched */
    struct pollfd poll; /* says that the file has grown; fd -1: not to be polled now */
    int           inotify;
    double        next; /* when it may be looked at again; INFINITY: not by time */
};

/* LIMIT 0: nothing to do. A failure leaves the log to grow. */
void trim_open(struct trim *trim, const char *file, off_t limit);

/* When the poll says something, or `next` has come. */
void trim_check(struct trim *trim);

/* The last time, when nobody writes any more. */
void trim_close(struct trim *trim);

#endif
