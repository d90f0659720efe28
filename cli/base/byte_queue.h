/* A queue of bytes: they are appended at the end and taken at the front. Zeroed, it is empty. */
#ifndef K3THREAD_CLI_BASE_BYTE_QUEUE_H
#define K3THREAD_CLI_BASE_BYTE_QUEUE_H

#include "cli/base/text.h"

#include <stddef.h>

struct byte_queue {
    struct text bytes;
    size_t      taken; /* how many of the bytes at the front were taken away */
};

/* Returns the number of bytes in the queue. */
static inline size_t byte_queue_size(const struct byte_queue *queue)
{
    return queue->bytes.size - queue->taken;
}

/* Returns a pointer to the first byte of the queue. */
static inline char *byte_queue_front(const struct byte_queue *queue)
{
    return queue->bytes.data + queue->taken;
}

/* Appends SIZE bytes. Without memory, queue->bytes.failed is true afterwards. */
void byte_queue_add(struct byte_queue *queue, const void *data, size_t size);

/* Appends TEXT, which is released. If TEXT has failed, queue->bytes.failed is true afterwards. */
void byte_queue_add_text(struct byte_queue *queue, struct text *text);

/* Makes room for SIZE bytes behind the end, for the caller to fill. Returns false without memory. */
bool byte_queue_reserve(struct byte_queue *queue, size_t size);

/* Takes SIZE bytes away. The memory of an empty queue is freed. */
void byte_queue_take(struct byte_queue *queue, size_t size);

/*
 * Writes as many bytes as FD takes without waiting. Returns 0, also if bytes are left, or -errno; -ENOMEM if bytes
 * could not be appended. SIGPIPE must be ignored or blocked.
 */
int byte_queue_flush(struct byte_queue *queue, int fd);

void byte_queue_release(struct byte_queue *queue);

#endif
