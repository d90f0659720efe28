#include "cli/place/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (128U * 1024)

/* The most bytes behind a gap in which a reader looks for the beginning of a line. */
#define SKIPPED_MAX (64U * 1024)

static int open_regular(const char *path, struct logfile_file *ret)
{
    /* O_NONBLOCK: opening a pipe would wait for its writer. */
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int         error;
    struct stat info;

    if (fd < 0)
        return -errno;
    error = fstat(fd, &info) < 0 ? -errno : S_ISREG(info.st_mode) ? 0 : -EINVAL;
    if (error == 0)
        *ret = (struct logfile_file){fd, info.st_dev, info.st_ino};
    else
        close(fd);
    return error;
}

int logfile_open(struct logfile *log, const char *path, off_t position)
{
    struct logfile_file file;
    int                 error = open_regular(path, &file);

    if (error == 0)
        *log = (struct logfile){.path = path, .file = file, .position = position};
    return error;
}

void logfile_open_buffer(struct logfile *log, struct log_buffer *buffer, off_t position)
{
    *log = LOGFILE_CLOSED;
    log->buffer = buffer;
    log->position = position;
}

bool logfile_is_open(const struct logfile *log)
{
    return log->buffer != NULL || log->file.fd >= 0;
}

static void close_file(struct logfile_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

void logfile_close(struct logfile *log)
{
    close_file(&log->file);
    for (unsigned i = 0; i < log->next_count; i++)
        close_file(&log->next[i]);
    log->next_count = 0;
}

int logfile_size(const struct logfile *log, off_t *ret)
{
    struct stat info;

    if (fstat(log->file.fd, &info) < 0)
        return -errno;
    *ret = info.st_size;
    return 0;
}

static bool is_file(const struct logfile_file *file, const struct stat *info)
{
    return info->st_dev == file->device && info->st_ino == file->inode;
}

bool logfile_is(const struct logfile *log, int fd)
{
    struct stat info;

    return log->buffer == NULL && fstat(fd, &info) == 0 && is_file(&log->file, &info);
}

static bool is_known(const struct logfile *log, const struct stat *info)
{
    for (unsigned i = 0; i < log->next_count; i++)
        if (is_file(&log->next[i], info))
            return true;
    return is_file(&log->file, info);
}

void logfile_look(struct logfile *log)
{
    struct stat info;

    if (log->file.fd >= 0 && log->next_count < LOGFILE_NEXT_MAX && stat(log->path, &info) == 0 &&
        !is_known(log, &info) && open_regular(log->path, &log->next[log->next_count]) == 0)
        log->next_count++;
}

static ssize_t read_at(const struct logfile *log, char *block, size_t size, off_t offset)
{
    ssize_t n;

    do
        n = pread(log->file.fd, block, size, offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/*
 * Returns the first position with data if --log-limit has freed the byte at OFFSET, or else OFFSET. Bytes are freed
 * from the start of the file on, which leaves a hole there; the command itself has made any other hole. In a file
 * system without holes no bytes are freed.
 */
static off_t first_kept(const struct logfile *log, off_t offset)
{
    off_t data = lseek(log->file.fd, offset, SEEK_DATA);

    /* The hole may grow between the two calls. */
    return data > offset && lseek(log->file.fd, 0, SEEK_DATA) >= data ? data : offset;
}

/* Moves to DATA, where a line may have lost its beginning. The next read notes the gap. */
static void lose(struct logfile *log, off_t data)
{
    log->position = data;
    log->headless = SKIPPED_MAX;
}

/* Drops the rest of a line without its beginning from a block. Returns the size that is left. */
static size_t drop_headless(struct logfile *log, char *block, size_t size)
{
    const char *newline = memchr(block, '\n', size);
    size_t      dropped = newline != NULL ? (size_t) (newline - block) + 1 : size;

    log->headless = newline != NULL || dropped > log->headless ? 0 : log->headless - dropped;
    log->gap = true;
    memmove(block, block + dropped, size - dropped);
    return size - dropped;
}

/* Begins anew with the file if it is shorter than READ_UP_TO: it was emptied. Returns true if so. */
static bool begin_emptied(struct logfile *log, off_t read_up_to)
{
    off_t size = 0;

    if (logfile_size(log, &size) != 0 || size >= read_up_to)
        return false;
    log->position = 0;
    log->headless = 0;
    log->gap = true;
    return true;
}

/* Returns the index of the first of the next files that is not empty, or -1. */
static int find_next(const struct logfile *log)
{
    struct stat info;

    for (unsigned i = 0; i < log->next_count; i++)
        if (fstat(log->next[i].fd, &info) == 0 && info.st_size > 0)
            return (int) i;
    return -1;
}

/* Goes on with the next file number SKIPPED, and closes the files before it. */
static void move_on(struct logfile *log, unsigned skipped)
{
    close_file(&log->file);
    for (unsigned i = 0; i < skipped; i++)
        close_file(&log->next[i]);
    log->file = log->next[skipped];
    log->next_count -= skipped + 1;
    memmove(log->next, log->next + skipped + 1, log->next_count * sizeof(log->next[0]));
    log->position = 0;
    log->headless = 0;
    log->gap = true;
}

/*
 * At the end of the file, goes on with the file that has taken its path and is not empty. The run
 * that writes to the new file began when all processes of the run before had ended, so no more comes
 * to the old file: the rest of the old file is read first. Returns the number of bytes read, 0 if
 * there is no other file, or -errno.
 */
static ssize_t read_next(struct logfile *log, char *block, size_t size)
{
    int     next;
    ssize_t n;

    logfile_look(log);
    next = find_next(log);
    n = next >= 0 ? read_at(log, block, size, log->position) : 0;
    if (next < 0 || n != 0)
        return n;
    move_on(log, (unsigned) next);
    return read_at(log, block, size, 0);
}

/*
 * Bytes may be freed or cut off during the read, and are then read as zeros. So this looks at the
 * file after the read: a byte that is there then was there during the read.
 */
ssize_t logfile_read(struct logfile *log, char *block, size_t size)
{
    if (log->buffer != NULL)
        return (ssize_t) log_buffer_read(log->buffer, &log->position, &log->gap, block, size);
    for (;;) {
        ssize_t n = read_at(log, block, size, log->position);
        off_t   kept;

        if (n >= 0 && begin_emptied(log, log->position + n))
            continue;
        if (n == 0)
            n = read_next(log, block, size);
        if (n <= 0)
            return n;
        kept = first_kept(log, log->position);
        if (kept != log->position) {
            lose(log, kept);
            continue;
        }
        log->position += n;
        if (log->headless > 0)
            n = (ssize_t) drop_headless(log, block, (size_t) n);
        if (n > 0)
            return n;
    }
}

int logfile_skip_lost(struct logfile *log)
{
    off_t   kept = first_kept(log, log->position);
    char   *block;
    ssize_t n;

    if (kept == log->position)
        return 0;
    block = malloc(SKIPPED_MAX);
    if (block == NULL)
        return -ENOMEM;
    n = logfile_read(log, block, SKIPPED_MAX);
    log->position -= n > 0 ? n : 0;
    free(block);
    return n < 0 ? (int) n : 0;
}

/*
 * Returns the place behind the newline that is number *LINES + 1 from the end of the block. If the block has no more
 * than *LINES newlines, subtracts their number from *LINES and returns NULL.
 */
static const char *find_lines(const char *block, size_t size, unsigned long long *lines)
{
    const char *newline;

    while ((newline = memrchr(block, '\n', size)) != NULL) {
        if ((*lines)-- == 0)
            return newline + 1;
        size = (size_t) (newline - block);
    }
    return NULL;
}

/*
 * Counts newlines backwards: the wanted lines begin behind the LINES-th newline. A newline at the very
 * end does not count, because it ends the last line. If the file is emptied meanwhile, leaves the
 * position where it is.
 */
static int seek_lines(struct logfile *log, off_t end, unsigned long long lines, char *block)
{
    off_t last = end - 1;

    if (lines == 0) {
        log->position = end;
        log->headless = 0;
        return 0;
    }
    lines--;
    while (last > log->position) {
        size_t size = last - log->position < (off_t) BLOCK_SIZE ? (size_t) (last - log->position)
                                                                : BLOCK_SIZE;
        const char *found;
        ssize_t     n;

        last -= (off_t) size;
        n = read_at(log, block, size, last);
        if (n < (ssize_t) size)
            return n < 0 ? (int) n : 0;
        found = find_lines(block, size, &lines);
        if (found != NULL) {
            log->position = last + (found - block);
            return 0;
        }
    }
    return 0;
}

int logfile_seek_lines(struct logfile *log, off_t end, unsigned long long lines)
{
    char *block;
    int   error = logfile_skip_lost(log);

    if (error != 0)
        return error;
    block = malloc(BLOCK_SIZE);
    if (block == NULL)
        return -ENOMEM;
    error = seek_lines(log, end, lines, block);
    free(block);
    return error;
}
