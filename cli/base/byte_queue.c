#include "cli/base/byte_queue.h"

#include "cli/base/partial_write.h"

#include <errno.h>

/* An empty queue keeps no more memory than this. */
#define KEPT 4096

/* Moves the bytes to the beginning, if more than half of the memory before them is unused. */
static void compact(struct byte_queue *queue)
{
    size_t size = byte_queue_size(queue);

    if (queue->taken == 0 || queue->taken < size)
        return;
    memmove(queue->bytes.data, byte_queue_front(queue), size);
    queue->bytes.size = size;
    queue->taken = 0;
}

void byte_queue_add(struct byte_queue *queue, const void *data, size_t size)
{
    compact(queue);
    text_append(&queue->bytes, data, size);
}

void byte_queue_add_text(struct byte_queue *queue, struct text *text)
{
    byte_queue_add(queue, text->data, text->size);
    queue->bytes.failed |= text->failed;
    text_release(text);
}

bool byte_queue_reserve(struct byte_queue *queue, size_t size)
{
    compact(queue);
    return text_reserve(&queue->bytes, size);
}

void byte_queue_take(struct byte_queue *queue, size_t size)
{
    queue->taken += size;
    if (queue->taken < queue->bytes.size)
        return;
    queue->taken = queue->bytes.size = 0;
    if (queue->bytes.capacity > KEPT)
        text_release(&queue->bytes);
}

int byte_queue_flush(struct byte_queue *queue, int fd)
{
    size_t      size = byte_queue_size(queue), left = size;
    const char *rest;
    int         error;

    if (queue->bytes.failed)
        return -ENOMEM;
    if (size == 0)
        return 0;
    rest = byte_queue_front(queue);
    error = partial_write(fd, &rest, &left);
    byte_queue_take(queue, size - left);
    return error == -EAGAIN ? 0 : error;
}

void byte_queue_release(struct byte_queue *queue)
{
    text_release(&queue->bytes);
    queue->taken = 0;
}
