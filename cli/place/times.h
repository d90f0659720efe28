/*
 * When the output in a log was seen: what `run` keeps, beside the log, for `logs --timestamps`.
 *
 * The marks of the log DIRECTORY/ID.log are in DIRECTORY/times/ID.log. The front of a run makes
 * that directory, so that it is there where times are kept. A time is in nanoseconds since the
 * epoch.
 */
#ifndef K3THREAD_CLI_PLACE_TIMES_H
#define K3THREAD_CLI_PLACE_TIMES_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TIMES_DIRECTORY "times"

/* All bytes of the log before `end` that no earlier mark has were seen at `time`. */
struct times_mark {
    int64_t end, time;
};

struct times_writer {
    int   fd;  /* -1: not open (yet) */
    off_t at;  /* of the next mark */
    off_t cut; /* before it there is only a hole */
    off_t end; /* of the last mark */
};

struct times_reader {
    int               fd; /* -1: not open (yet) */
    off_t             at; /* behind the marks that were read */
    off_t             offset;
    size_t            next, count;
    struct times_mark marks[256];
};

int64_t times_now(void);

/* TIME of the day, with milliseconds and a space. */
void times_add(struct text *text, int64_t time);

/* Where the marks of LOG are, to be freed; NULL without memory. */
char *times_path(const char *log);

/* Are times kept of LOG, which is that of the thread ID? */
bool times_are_kept(const char *log, long long id);

/*
 * Keeps that LOG, open as FD, was seen up to END at TIME. A log that became shorter begins anew.
 * Marks of a start that the log has lost (start --log-limit) are dropped. What cannot be written
 * is not kept.
 */
void times_write(struct times_writer *writer, const char *log, int fd, off_t end, int64_t time);

/* When the byte at OFFSET of LOG was seen; false: it was not yet. Quick for growing offsets. */
bool times_read(struct times_reader *reader, const char *log, off_t offset, int64_t *ret);

#endif
