/*
 * Reads a log. No other file knows what may happen to a log while it is read.
 *
 * The command appends to its log all the while, and three things take bytes away: --log-limit
 * frees the oldest blocks of the file, a user empties the file (logrotate's copytruncate), or
 * a user moves it, and the next run of the command makes another file. A reader gets each byte that
 * is there once, in order, and never the zeros in place of blocks that were freed.
 *
 * On its own machine the file is read directly, never through the supervisor. The log of another machine is read
 * from the bytes that have come through a connection (log_buffer.h): the supervisor there has read the file by these
 * functions. Functions return 0 or -errno. Any thread, but one at a time for each struct.
 */
#ifndef K3THREAD_CLI_PLACE_LOGFILE_H
#define K3THREAD_CLI_PLACE_LOGFILE_H

#include "cli/place/log_buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* An open file. */
struct logfile_file {
    int   fd; /* -1: not open */
    dev_t device;
    ino_t inode;
};

/* The most files that may have taken the path since the file that is read. */
#define LOGFILE_NEXT_MAX 8

/* The position of one reader in a log. */
struct logfile {
    struct log_buffer  *buffer; /* borrowed; NULL: the log is a file */
    const char         *path;   /* borrowed */
    struct logfile_file file;
    off_t               position; /* of the next byte to be read; may be set back */
    bool                gap;      /* bytes were lost before the position; the reader clears it */
    size_t headless; /* how many of the next bytes may belong to a line whose beginning was lost */
    struct logfile_file
             next[LOGFILE_NEXT_MAX]; /* the files that have had the path since, oldest first */
    unsigned next_count;
};

/* A log that is not open. */
#define LOGFILE_CLOSED ((struct logfile){.file.fd = -1})

/* Prepares to read a log on another machine, whose bytes come into BUFFER, from POSITION on. */
void logfile_open_buffer(struct logfile *log, struct log_buffer *buffer, off_t position);

/* Returns true if the log is open. */
bool logfile_is_open(const struct logfile *log);

/*
 * Opens PATH to be read from POSITION on. -EINVAL: it is no regular file (a pipe gives each byte
 * to one reader only).
 */
int logfile_open(struct logfile *log, const char *path, off_t position);

/*
 * Reads up to SIZE bytes at the position, and moves the position behind them. Returns their number, 0 at
 * the end of the log so far, or -errno. Where bytes were lost it sets `gap`, and goes on at the
 * beginning of a line, or within a very long line.
 */
ssize_t logfile_read(struct logfile *log, char *block, size_t size);

/*
 * Opens the file that has the path now, so that it is read even if it is moved away first. logfile_read()
 * does so at the end of a file.
 */
void logfile_look(struct logfile *log);

/* Moves a position whose bytes were freed to the first whole line that is left. */
int logfile_skip_lost(struct logfile *log);

/* Sets *RET to the size of the file that is read. */
int logfile_size(const struct logfile *log, off_t *ret);

/* Returns how many bytes, at most MOST, are between POSITION and LIMIT. */
static inline size_t logfile_bytes_before(off_t position, off_t limit, size_t most)
{
    off_t left = limit - position;

    if (left <= 0)
        return 0;
    return left < (off_t) most ? (size_t) left : most;
}

/*
 * Moves the position forward to the beginning of the last LINES lines before END, but never back. A
 * last line without newline counts. Reads only the end of the file.
 */
int logfile_seek_lines(struct logfile *log, off_t end, unsigned long long lines);

/*
 * Returns true if FD is the file that was read last, even if that is closed: a log must not be copied
 * into itself.
 */
bool logfile_is(const struct logfile *log, int fd);

void logfile_close(struct logfile *log);

#endif
