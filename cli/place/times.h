/*
 * Records when each byte of a log was printed, as far as `run` saw it, for `logs --timestamps`.
 *
 * The marks of the log DIRECTORY/ID.log are in DIRECTORY/times/ID.log. `run` makes that directory,
 * so it exists only where times are kept. A time is in nanoseconds since the epoch.
 */
#ifndef K3THREAD_CLI_PLACE_TIMES_H
#define K3THREAD_CLI_PLACE_TIMES_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TIMES_DIRECTORY "times"

/* One mark: the bytes of the log from the `end` of the mark before up to `end` were seen at `time`. */
struct times_mark {
    int64_t end, time;
};

/* Writes the marks of one log. */
struct times_writer {
    int   fd;  /* -1: not open (yet) */
    off_t at;  /* of the next mark */
    off_t cut; /* the file is a hole up to here */
    off_t end; /* of the last mark */
};

/* Reads the marks of one log. */
struct times_reader {
    int               fd; /* -1: not open (yet) */
    off_t             at; /* of the first mark that was not read yet */
    off_t             offset;
    size_t            next, count;
    struct times_mark marks[256];
};

/* Returns the current time. */
int64_t times_now(void);

/* Appends the time of the day of TIME, with milliseconds and a space. */
void times_add(struct text *text, int64_t time);

/* Returns the path of the marks of LOG, to be freed; NULL without memory. */
char *times_path(const char *log);

/* Returns true if times are kept of LOG, the log of the thread ID. */
bool times_are_kept(const char *log, long long id);

/*
 * Records that LOG, open as FD, was seen up to END at TIME. If the log became shorter, the marks
 * begin anew. Marks of bytes that the log has lost (start --log-limit) are dropped. A mark that
 * cannot be written is lost.
 */
void times_write(struct times_writer *writer, const char *log, int fd, off_t end, int64_t time);

/*
 * Sets *RET to the mark of the byte at OFFSET of LOG. Returns false if the byte was not seen yet. Quick for
 * growing offsets.
 */
bool times_find(struct times_reader *reader, const char *log, off_t offset, struct times_mark *ret);

/*
 * Sets *RET to the time at which the byte at OFFSET of LOG was seen. Returns false if it was not seen
 * yet. Quick for growing offsets.
 */
bool times_read(struct times_reader *reader, const char *log, off_t offset, int64_t *ret);

#endif
