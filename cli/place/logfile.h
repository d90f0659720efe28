/*
 * A log as its readers see it: the one place that knows what a log holds.
 *
 * The command appends to it all the while, and three things take away from it: --log-limit gives its
 * oldest blocks back to the disk, somebody empties it (logrotate's copytruncate), and somebody moves
 * it, so that the next run of the command makes another. A reader gets each byte that is there once,
 * in order, and never the zeros that stand in place of what was given back.
 *
 * The file is read directly, never through the supervisor. Functions return 0 or -errno. Any thread,
 * but one at a time for each struct.
 */
#ifndef K3THREAD_CLI_PLACE_LOGFILE_H
#define K3THREAD_CLI_PLACE_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* An open file. */
struct logfile_file {
    int   fd; /* -1: not open */
    dev_t device;
    ino_t inode;
};

/* So many files may have taken the place of the one that is read. */
#define LOGFILE_NEXT_MAX 8

struct logfile {
    const char         *path; /* borrowed */
    struct logfile_file file;
    off_t               position; /* of the next byte to be read; may be set back */
    bool                gap;      /* what is read next does not follow that; to be cleared */
    size_t headless; /* the line there has lost its beginning: so much may be skipped */
    struct logfile_file next[LOGFILE_NEXT_MAX]; /* that have had the path since, oldest first */
    unsigned            next_count;
};

/* None: to be closed, or opened. */
#define LOGFILE_CLOSED ((struct logfile){.file.fd = -1})

/* Opens PATH to be read from POSITION on. -EINVAL: it is no regular file, which cannot be read beside its writer. */
int logfile_open(struct logfile *log, const char *path, off_t position);

/*
 * Reads up to SIZE bytes from the position on, and moves it behind them. Returns how many, 0 at the
 * end of what there is now, or -errno. Where bytes were lost it sets `gap`, and goes on at a whole
 * line, or within a very long one.
 */
ssize_t logfile_read(struct logfile *log, char *block, size_t size);

/*
 * Learns which file has the path now: one that is moved away again before it is read is not missed.
 * logfile_read() does so at the end of a file.
 */
void logfile_look(struct logfile *log);

/* Moves a position of which the bytes were given back to the first whole line that is left. */
int logfile_skip_lost(struct logfile *log);

int logfile_size(const struct logfile *log, off_t *ret);

/*
 * Moves the position to where the last LINES lines before END begin, but not before where it is;
 * a last line without newline counts. Reads only the end of the file.
 */
int logfile_seek_lines(struct logfile *log, off_t end, unsigned long long lines);

/* Returns true if FD is the file that was read last, open or not: it must not be copied into that. */
bool logfile_is(const struct logfile *log, int fd);

void logfile_close(struct logfile *log);

#endif
