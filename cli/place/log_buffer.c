#include "cli/place/log_buffer.h"

#include "cli/base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Printed bytes are removed from a segment when there are this many. */
#define DROP_AT (256U * 1024)

int log_buffer_open(struct log_buffer *buffer)
{
    *buffer = (struct log_buffer){.marks = run_marks_open(NULL)};
    TAILQ_INIT(&buffer->segments);
    return buffer->marks != NULL ? 0 : -ENOMEM;
}

static off_t end_of(const struct log_segment *segment)
{
    return segment->offset + (off_t) segment->bytes.size;
}

static struct log_segment *add_segment(struct log_buffer *buffer, off_t offset)
{
    struct log_segment *segment = calloc(1, sizeof(*segment));

    if (segment == NULL)
        return NULL;
    segment->offset = offset;
    TAILQ_INSERT_TAIL(&buffer->segments, segment, link);
    return segment;
}

int log_buffer_add(struct log_buffer *buffer, off_t offset, const char *data, size_t size, bool gap)
{
    struct log_segment *last = TAILQ_LAST(&buffer->segments, log_segments);

    if (last == NULL || gap || end_of(last) != offset)
        last = add_segment(buffer, offset);
    if (last == NULL)
        return -ENOMEM;
    text_append(&last->bytes, data, size);
    if (last->bytes.failed)
        return -ENOMEM;
    buffer->held += size;
    return 0;
}

int log_buffer_add_time(struct log_buffer *buffer, const struct times_mark *mark)
{
    struct times_mark *times = array_room(buffer->times, buffer->times_count, sizeof(*times));

    if (times == NULL)
        return -ENOMEM;
    buffer->times = times;
    times[buffer->times_count++] = *mark;
    return 0;
}

static void remove_first(struct log_buffer *buffer)
{
    struct log_segment *first = TAILQ_FIRST(&buffer->segments);

    TAILQ_REMOVE(&buffer->segments, first, link);
    buffer->held -= first->bytes.size - first->dropped;
    text_release(&first->bytes);
    free(first);
}

size_t log_buffer_read(struct log_buffer *buffer, off_t *position, bool *gap, char *block,
                       size_t size)
{
    struct log_segment *first = TAILQ_FIRST(&buffer->segments);
    struct log_segment *next = first != NULL ? TAILQ_NEXT(first, link) : NULL;
    size_t              left;

    if (first == NULL)
        return 0;
    if (*position == end_of(first) && next != NULL) {
        remove_first(buffer);
        first = next;
        *position = first->offset;
        *gap = true;
    }
    if (*position < first->offset + (off_t) first->dropped || *position > end_of(first)) {
        *position = first->offset + (off_t) first->dropped; /* earlier bytes were lost */
        *gap = true;
    }
    left = (size_t) (end_of(first) - *position);
    size = size < left ? size : left;
    if (size > 0)
        memcpy(block, first->bytes.data + (*position - first->offset), size);
    *position += (off_t) size;
    return size;
}

/* Drops the times of bytes before POSITION. */
static void drop_times(struct log_buffer *buffer, off_t position)
{
    size_t old = 0;

    while (old < buffer->times_count && buffer->times[old].end <= position)
        old++;
    if (old < 1024)
        return;
    buffer->times_count -= old;
    memmove(buffer->times, buffer->times + old, buffer->times_count * sizeof(*buffer->times));
}

void log_buffer_drop(struct log_buffer *buffer, off_t position)
{
    struct log_segment *first = TAILQ_FIRST(&buffer->segments);
    size_t              done;

    if (first == NULL || position < first->offset || position > end_of(first))
        return;
    done = (size_t) (position - first->offset);
    if (done <= first->dropped)
        return;
    buffer->held -= done - first->dropped;
    first->dropped = done;
    drop_times(buffer, position);
    if (done < DROP_AT)
        return;
    first->bytes.size -= done;
    memmove(first->bytes.data, first->bytes.data + done, first->bytes.size);
    first->offset = position;
    first->dropped = 0;
}

bool log_buffer_find_time(const struct log_buffer *buffer, off_t offset, int64_t *ret)
{
    for (size_t i = 0; i < buffer->times_count; i++)
        if (buffer->times[i].end > offset) {
            *ret = buffer->times[i].time;
            return true;
        }
    return false;
}

bool log_buffer_is_full(const struct log_buffer *buffer)
{
    return buffer->held >= LOG_BUFFER_FULL;
}

void log_buffer_close(struct log_buffer *buffer)
{
    while (!TAILQ_EMPTY(&buffer->segments))
        remove_first(buffer);
    run_marks_close(buffer->marks);
    free(buffer->times);
}
