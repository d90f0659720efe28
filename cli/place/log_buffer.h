/*
 * The part of a log that has come through a connection and was not printed yet. A logfile (logfile.h) reads from it
 * as from a file, with the same positions. The owner adds bytes that have come, and the reader drops bytes that were
 * printed. One thread.
 */
#ifndef K3THREAD_CLI_PLACE_LOG_BUFFER_H
#define K3THREAD_CLI_PLACE_LOG_BUFFER_H

#include "cli/base/text.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/* A buffer with this many bytes is full: its owner waits until there is room. */
#define LOG_BUFFER_FULL (1024U * 1024)

/* A piece of the log without a gap. Between two segments bytes were lost. */
struct log_segment {
    struct text bytes;
    size_t      dropped; /* how many of them were printed, and are no longer used */
    off_t       offset;  /* of the first byte in the log, printed or not */
    TAILQ_ENTRY(log_segment) link;
};

/* The buffer of one log. */
struct log_buffer {
    TAILQ_HEAD(log_segments, log_segment) segments; /* the reader reads the first one */
    size_t             held;                        /* bytes that were not dropped */
    bool               has_ended;                   /* no more is added */
    bool               is_disk_full;                /* the log may lack output */
    struct run_marks  *marks;                       /* the beginnings of runs that have come */
    struct times_mark *times;                       /* when the bytes were printed, in order */
    size_t             times_count;
};

/* Makes an empty buffer. Returns 0 or -ENOMEM. */
int log_buffer_open(struct log_buffer *buffer);

/* Adds SIZE bytes, at OFFSET of the log. GAP: bytes before them were lost. Returns 0 or -ENOMEM. */
int log_buffer_add(struct log_buffer *buffer, off_t offset, const char *data, size_t size,
                   bool gap);

/* Adds MARK: the bytes from the end of the last mark up to its own were printed at its time. Returns 0 or -ENOMEM. */
int log_buffer_add_time(struct log_buffer *buffer, const struct times_mark *mark);

/*
 * Copies up to SIZE bytes at *POSITION to BLOCK, and moves *POSITION behind them. Returns their number, 0 if there
 * are none yet. If the bytes at *POSITION were lost, first moves *POSITION behind these and sets *GAP.
 */
size_t log_buffer_read(struct log_buffer *buffer, off_t *position, bool *gap, char *block,
                       size_t size);

/* Drops the bytes before POSITION, which is in the segment that is being read. */
void log_buffer_drop(struct log_buffer *buffer, off_t position);

/* Sets *RET to the time at which the byte at OFFSET was printed. Returns false if the time is not known. */
bool log_buffer_find_time(const struct log_buffer *buffer, off_t offset, int64_t *ret);

/* Returns true if no more bytes should be added until some were dropped. */
bool log_buffer_is_full(const struct log_buffer *buffer);

void log_buffer_close(struct log_buffer *buffer);

#endif
