/*
 * Reading a log: its last lines, all of it, and what is still being written to it.
 *
 * The file is read directly, never through the supervisor. Functions return 0 or -errno.
 */
#ifndef K3THREAD_CLI_LOGFILE_H
#define K3THREAD_CLI_LOGFILE_H

#include <sys/types.h>

struct logfile {
    int   fd;       /* -1: not open */
    off_t position; /* up to where it was copied */
};

/* -EINVAL if PATH is no regular file: a pipe cannot be read twice. */
int logfile_open(struct logfile *log, const char *path);

int logfile_size(const struct logfile *log, off_t *ret);

/*
 * Moves the position to where the last LINES lines before END begin, but not before where it is;
 * a last line without newline counts. Reads only the end of the file.
 */
int logfile_seek_lines(struct logfile *log, off_t end, unsigned long long lines);

/*
 * Writes what lies between the position and END to the descriptor OUT, or all there is if END is
 * negative, and moves the position behind it. -EPIPE: the reader went away.
 */
int logfile_copy(struct logfile *log, off_t end, int out);

void logfile_close(struct logfile *log);

#endif
