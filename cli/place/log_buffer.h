/*
 * The part of a log that has come through a connection and was not printed yet. A logfile (logfile.h) reads from it
 * as from a file, with the same positions. The owner adds what comes, and the reader lets go what it has printed.
 * One thread.
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

/* With so many bytes in it, a buffer is full: its owner waits until it has room. */
#define LOG_BUFFER_FULL (1024U * 1024)

/* Bytes that follow each other in the log. Between two segments bytes were lost. */
struct log_segment {
    struct text bytes;
    size_t      dropped; /* how many of them were printed, and are no longer used */
    off_t       offset;  /* of the first byte in the log, printed or not */
    TAILQ_ENTRY(log_segment) link;
};

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

/* Adds that the bytes up to the end of MARK, from the last such end on, were printed at its time. Returns 0 or -ENOMEM. */
int log_buffer_add_time(struct log_buffer *buffer, const struct times_mark *mark);

/*
 * Copies up to SIZE bytes at *POSITION. Returns their number, 0 if there are none yet. If bytes before them were
 * lost, moves *POSITION behind these and sets *GAP.
 */
size_t log_buffer_read(struct log_buffer *buffer, off_t *position, bool *gap, char *block,
                       size_t size);

/* Drops the bytes before POSITION, which is in the segment that is being read. */
void log_buffer_drop(struct log_buffer *buffer, off_t position);

/* Sets *RET to when the byte at OFFSET was printed. Returns false if that is not known. */
bool log_buffer_find_time(const struct log_buffer *buffer, off_t offset, int64_t *ret);

/* Returns true if no more should be added until some was dropped. */
bool log_buffer_is_full(const struct log_buffer *buffer);

void log_buffer_close(struct log_buffer *buffer);

#endif
