#include "cli/base/inotify_block.h"

#include <unistd.h>

/* The size of the largest event. */
#define EVENT_MAX (sizeof(struct inotify_event) + NAME_MAX + 1)

bool inotify_block_read(struct inotify_block *block, int fd)
{
    ssize_t size = read(fd, block->bytes, sizeof(block->bytes));

    block->size = size > 0 ? (size_t) size : 0;
    block->next = 0;
    return size > 0;
}

const struct inotify_event *inotify_block_next(struct inotify_block *block)
{
    const struct inotify_event *event = (const void *) (block->bytes + block->next);

    if (block->next >= block->size)
        return NULL;
    block->next += sizeof(*event) + event->len;
    return event;
}

bool inotify_block_is_full(const struct inotify_block *block)
{
    return block->size > sizeof(block->bytes) - EVENT_MAX;
}
