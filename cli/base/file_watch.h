/*
 * Tells a worker that a file was written to: one inotify instance for all workers, because a user has
 * only 128 of them.
 *
 * A worker arms its watch, looks at the file, and waits. The first write after the arming makes the
 * watch's descriptor readable; further writes do nothing until it is armed again, so that a command
 * that writes at full speed wakes the worker no more often than it looks. If the system has no watch
 * left, the worker looks at intervals.
 */
#ifndef K3THREAD_CLI_BASE_FILE_WATCH_H
#define K3THREAD_CLI_BASE_FILE_WATCH_H

#include <stdbool.h>
#include <sys/queue.h>

/* The seconds between two looks at intervals. */
#define FILE_WATCH_PAUSE 0.2

/* The watch of one worker. */
struct file_watch {
    int fd;  /* to be polled while it is armed; -1: there is none */
    int key; /* the kernel's number for the file; -1: not armed */
    LIST_ENTRY(file_watch) link;
};

/*
 * Begins to watch; call it when the first thread needs a watch. The server's thread only. After a failure
 * file_watch_arm() returns false.
 */
void file_watch_begin(void);

/* Ends the watching, if it has begun. The server's thread only, when no worker is left. */
void file_watch_end(void);

/* Makes a watch, for a worker. It must be closed, also if it could not be armed. */
void file_watch_open(struct file_watch *watch);

/* Arms WATCH for the next write to the descriptor FILE. Returns false if the worker must look at intervals. */
bool file_watch_arm(struct file_watch *watch, int file);

void file_watch_close(struct file_watch *watch);

#endif
