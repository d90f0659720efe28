/*
 * Tells a worker that its log was written to: one inotify instance for all workers, because a user
 * has only 128 of them.
 *
 * A worker arms its watch, looks at the file, and waits. The first write after the arming makes the
 * watch's descriptor readable; whatever is written until it is armed again says nothing, so that a
 * command which writes at full speed wakes nobody more often than it is looked at. Where the system
 * has no watch to spare, the worker looks by time.
 */
#ifndef K3THREAD_CLI_WORKER_WRITTEN_H
#define K3THREAD_CLI_WORKER_WRITTEN_H

#include <stdbool.h>
#include <sys/queue.h>

/* Seconds between two looks by time. */
#define WRITTEN_LOOK 0.2

struct written {
    int fd;  /* to be polled while it is armed; -1: there is none */
    int key; /* the kernel's number for what it waits for; -1: not armed */
    LIST_ENTRY(written) link;
};

/* Once there is a thread that needs it. The server's thread; a failure shows in written_arm(). */
void written_begin(void);

/* The rest is for a worker. A watch that was opened is closed, whatever comes of it. */
void written_open(struct written *written);

/* Waits anew for a write to the descriptor FILE. Returns false where one must look by time. */
bool written_arm(struct written *written, int file);

void written_close(struct written *written);

#endif
