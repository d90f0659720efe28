/*
 * Notices when the logs of the rows on the screen are written to, by one inotify instance. If the system has no
 * instance or no watch left, the caller must read at intervals the logs that are not watched.
 */
#ifndef K3THREAD_CLI_TOP_LOG_WATCH_H
#define K3THREAD_CLI_TOP_LOG_WATCH_H

#include "cli/top/row.h"

#include <stdbool.h>
#include <stddef.h>

/* One row whose log is watched. */
struct log_watched {
    int64_t id;  /* of the row */
    int     key; /* the kernel's number for the file; two rows may share it */
};

/* The watches of all rows on the screen. */
struct log_watch {
    int                 fd; /* the inotify instance, to be polled; -1: none */
    struct log_watched *list;
    size_t              count;
};

/* Opens WATCH, which watches no log yet. */
void log_watch_open(struct log_watch *watch);

/* Watches the logs of the COUNT rows at ROWS that may still be written to, and of no others. */
void log_watch_set(struct log_watch *watch, struct row *const *rows, size_t count);

/* Returns true if nothing notices when the log of ROW is written to. */
bool log_watch_misses(const struct log_watch *watch, const struct row *row);

/* Takes the events. Calls CHANGED with the id of each row whose log was written to. Returns true if it called it. */
bool log_watch_take(struct log_watch *watch, void (*changed)(void *context, int64_t id),
                    void             *context);

void log_watch_close(struct log_watch *watch);

#endif
