/*
 * Tells a worker that its log was written to: one inotify instance for all workers, because a user
 * has only 128 of them.
 *
 * A worker arms its watch, looks at the file, and waits. The first write after the arming makes the
 * watch's descriptor readable; whatever is written until it is armed again says nothing, so that a
 * command which writes at full speed wakes nobody more often than it is looked at. Where the system
 * has no watch to spare, the worker looks by time.
 */
#ifndef K3THREAD_CLI_BASE_FILE_WATCH_H
#define K3THREAD_CLI_BASE_FILE_WATCH_H

#include <stdbool.h>
#include <sys/queue.h>

/* Seconds between two looks by time. */
#define FILE_WATCH_PAUSE 0.2

struct file_watch {
    int fd;  /* to be polled while it is armed; -1: there is none */
    int key; /* the kernel's number for what it waits for; -1: not armed */
    LIST_ENTRY(file_watch) link;
};

/* Once there is a thread that needs it. The server's thread; a failure shows in file_watch_arm(). */
void file_watch_begin(void);

/* The rest is for a worker. A watch that was opened is closed, whatever comes of it. */
void file_watch_open(struct file_watch *watch);

/* Waits anew for a write to the descriptor FILE. Returns false where one must look by time. */
bool file_watch_arm(struct file_watch *watch, int file);

void file_watch_close(struct file_watch *watch);

#endif
