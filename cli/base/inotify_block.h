/* Reads events from an inotify instance, block by block. */
#ifndef K3THREAD_CLI_BASE_INOTIFY_BLOCK_H
#define K3THREAD_CLI_BASE_INOTIFY_BLOCK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>

#define INOTIFY_BLOCK_SIZE 16384

struct inotify_block {
    size_t size, next; /* the number of bytes that were read; the place of the next event */
    char   bytes[INOTIFY_BLOCK_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));
};

/*
 * The events of a directory in which logs are: their coming and going, and that the directory itself was moved. The
 * removal of a directory is reported only when no file of it is open any more, and a reader has its log open.
 */
#define INOTIFY_DIRECTORY (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVE_SELF)

/* Returns true if EVENT says that what was watched is no longer at its path. */
static inline bool inotify_ends_watch(const struct inotify_event *event)
{
    return (event->mask & (IN_IGNORED | IN_MOVE_SELF)) != 0;
}

/* Returns true if EVENT, of its directory, says that the file at PATH was removed. */
static inline bool inotify_is_removal(const struct inotify_event *event, const char *path)
{
    const char *slash = strrchr(path, '/');

    return (event->mask & IN_DELETE) != 0 && event->len > 0 &&
           strcmp(event->name, slash != NULL ? slash + 1 : path) == 0;
}

/* Reads a block from FD, which does not block. Returns false if there is no event. */
bool inotify_block_read(struct inotify_block *block, int fd);

/* Returns the next event of BLOCK, or NULL. */
const struct inotify_event *inotify_block_next(struct inotify_block *block);

/* Returns true if BLOCK had no room for another event, so that more may be waiting. */
bool inotify_block_is_full(const struct inotify_block *block);

#endif
