/*
 * Marks where the output of each run of a thread begins in its log, for `logs`. The log holds only the
 * command's output, so the marks are in a file of their own beside the logs: DIRECTORY/ID.runs.
 *
 * That file has a line for each run after the first, "OFFSET RUN TIME HOW": the position of the run's
 * first output, the number of the run, the time of its beginning (nanoseconds since the epoch), and the end of
 * the run before in words. The worker writes the line before it starts the run, so a reader that has read a
 * byte of a run finds the run's mark.
 */
#ifndef K3THREAD_CLI_PLACE_RUN_MARKS_H
#define K3THREAD_CLI_PLACE_RUN_MARKS_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define RUN_MARKS_SUFFIX ".runs"

/* The room for the words for an end. Longer words are cut. */
#define RUN_MARK_HOW_SIZE 80

/* The beginning of one run. */
struct run_mark {
    off_t    offset;
    unsigned run;
    int64_t  time;
    char     how[RUN_MARK_HOW_SIZE]; /* how the run before ended */
};

/*
 * Adds MARK to the file at PATH. FRESH: the log has become shorter, so the marks before are dropped. Returns
 * the size that the file had, for run_marks_cut(), or -errno: then `logs` will not show the mark.
 */
off_t run_marks_add(const char *path, const struct run_mark *mark, bool fresh);

/* Takes back the mark that was added when the file had SIZE bytes. */
void run_marks_cut(const char *path, off_t size);

/* The marks of one log, for a reader of the log. */
struct run_marks {
    char            *path;
    struct run_mark *marks;
    size_t           count;
    unsigned         last; /* the run of the last mark that was taken */
    off_t            size; /* this and the next two: of the file, when it was read */
    ino_t            inode;
    struct timespec  changed;
};

/*
 * Prepares to read the marks at PATH, which is copied. The file need not exist. If PATH is NULL, the only marks are
 * the marks that run_marks_append() adds. Returns NULL without memory.
 */
struct run_marks *run_marks_open(const char *path);

/* Adds MARK, which is later than all others, to the marks in memory. Returns false if memory is lacking. */
bool run_marks_append(struct run_marks *marks, const struct run_mark *mark);

/*
 * Returns the first mark from FROM to END (both included) that was not taken yet; NULL if there is none. It
 * is valid until the next call.
 */
const struct run_mark *run_marks_find(struct run_marks *marks, off_t from, off_t end);

/* Notes that MARK was taken. */
void run_marks_take(struct run_marks *marks, const struct run_mark *mark);

/* Takes all marks up to END (included), so that no later run_marks_find() returns one of them. */
void run_marks_skip(struct run_marks *marks, off_t end);

/* Adds the line that is shown for MARK, with its newline. */
void run_mark_add_line(struct text *text, const struct run_mark *mark);

/* Frees MARKS; NULL is allowed. */
void run_marks_close(struct run_marks *marks);

#endif
