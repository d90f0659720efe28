/* Reads events from an inotify instance, block by block. */
#ifndef K3THREAD_CLI_BASE_INOTIFY_BLOCK_H
#define K3THREAD_CLI_BASE_INOTIFY_BLOCK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/inotify.h>

#define INOTIFY_BLOCK_SIZE 16384

struct inotify_block {
    size_t size, next; /* the number of bytes that were read; the place of the next event */
    char   bytes[INOTIFY_BLOCK_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));
};

/* Reads a block from FD, which does not block. Returns false if there is no event. */
bool inotify_block_read(struct inotify_block *block, int fd);

/* Returns the next event of BLOCK, or NULL. */
const struct inotify_event *inotify_block_next(struct inotify_block *block);

/* Returns true if BLOCK had no room for another event, so that more may be waiting. */
bool inotify_block_is_full(const struct inotify_block *block);

#endif
