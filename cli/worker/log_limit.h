/*
 * Keeps a log small (--log-limit) while its command writes it: frees the oldest blocks of the
 * file (punches a hole), so that about the newest LIMIT bytes stay. The command writes straight to
 * the file all the while. In a file system that has no holes the log just grows, and the journal says
 * so. Only one worker uses an object.
 */
#ifndef K3THREAD_CLI_WORKER_LOG_LIMIT_H
#define K3THREAD_CLI_WORKER_LOG_LIMIT_H

#include "cli/base/file_watch.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

/* One log that is kept small. */
struct log_limit {
    const char *path; /* borrowed */
    off_t       limit;
    int         file;
    off_t       hole; /* the end of the hole */
    off_t
        unread; /* the worker's probe has not read the bytes from here on; -1: none reads the log */
    struct file_watch watch;
    bool   is_armed; /* the watch reports the next write; otherwise NEXT says when to look */
    double next;     /* the time of the next look; INFINITY: none is planned */
};

/* Initialises LOG, so that it may be closed without having been opened. */
void log_limit_init(struct log_limit *log);

/*
 * Begins to limit PATH, an existing file, borrowed. If it cannot be opened or watched, a later look
 * tries again.
 */
void log_limit_open(struct log_limit *log, const char *path, off_t limit);

/* Returns the descriptor to poll: an event says that the log has grown. fd -1: none. */
struct pollfd log_limit_poll(const struct log_limit *log);

/* Looks at the log. Call it when the poll reports an event, and at the time `next`. */
void log_limit_check(struct log_limit *log);

/* Looks for the last time and closes. Call it when no process writes any more. */
void log_limit_close(struct log_limit *log);

#endif
