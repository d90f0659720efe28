#include "cli/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (128U * 1024)

/* Within so many bytes behind what was given back a line must begin. */
#define LINE_MAX_SKIPPED (64U * 1024)

static int open_regular(const char *path, struct stat *ret_info)
{
    /* O_NONBLOCK: opening a pipe would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int error;

    if (fd < 0)
        return -errno;
    error = fstat(fd, ret_info) < 0 ? -errno : S_ISREG(ret_info->st_mode) ? 0 : -EINVAL;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

int logfile_open(struct logfile *log, const char *path, off_t position)
{
    struct stat info;
    int         fd = open_regular(path, &info);

    if (fd < 0)
        return fd;
    *log = (struct logfile){
        .path = path,
        .fd = fd,
        .device = info.st_dev,
        .inode = info.st_ino,
        .position = position,
    };
    return 0;
}

void logfile_close(struct logfile *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

int logfile_size(const struct logfile *log, off_t *ret)
{
    struct stat info;

    if (fstat(log->fd, &info) < 0)
        return -errno;
    *ret = info.st_size;
    return 0;
}

static bool is_file(const struct logfile *log, const struct stat *info)
{
    return info->st_dev == log->device && info->st_ino == log->inode;
}

bool logfile_is(const struct logfile *log, int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && is_file(log, &info);
}

static ssize_t read_at(const struct logfile *log, char *block, size_t size, off_t offset)
{
    ssize_t n;

    do
        n = pread(log->fd, block, size, offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/*
 * Returns where the data begins if the byte at OFFSET was given back, else OFFSET. What is given
 * back is a hole from the very beginning on; any other hole is the command's own. A file system
 * that knows no holes gives nothing back.
 */
static off_t first_kept(const struct logfile *log, off_t offset)
{
    off_t data = lseek(log->fd, offset, SEEK_DATA);

    return data > offset && lseek(log->fd, 0, SEEK_DATA) == data ? data : offset;
}

/* Goes on at the first whole line from DATA on. BLOCK is there to be used. */
static int skip_to_line(struct logfile *log, off_t data, char *block, size_t size)
{
    ssize_t     n = read_at(log, block, size < LINE_MAX_SKIPPED ? size : LINE_MAX_SKIPPED, data);
    const char *newline = n > 0 ? memchr(block, '\n', (size_t) n) : NULL;

    if (n < 0)
        return (int) n;
    log->position = newline != NULL ? data + (newline - block) + 1 : data;
    log->gap = true;
    return 0;
}

/* Begins anew with a file that is shorter than what was read of it. */
static bool begin_emptied(struct logfile *log, off_t read_up_to)
{
    off_t size;

    if (logfile_size(log, &size) != 0 || size >= read_up_to)
        return false;
    log->position = 0;
    log->gap = true;
    return true;
}

/* Opens the file that has taken the place of this one and has something in it. Returns it, or -1. */
static int open_successor(const struct logfile *log, struct stat *ret_info)
{
    int fd;

    if (stat(log->path, ret_info) < 0 || is_file(log, ret_info) || ret_info->st_size == 0)
        return -1;
    fd = open_regular(log->path, ret_info);
    return fd < 0 ? -1 : fd;
}

/*
 * At its end, goes on with the file that has taken its place. A run that makes that one begins when
 * all processes of the run before have ended: what was written to this file by then is read first,
 * and nothing more comes. Returns how many bytes that was, 0 if there is no other file, or -errno.
 */
static ssize_t read_successor(struct logfile *log, char *block, size_t size)
{
    struct stat info;
    int         fd = open_successor(log, &info);
    ssize_t     n = fd >= 0 ? read_at(log, block, size, log->position) : 0;

    if (fd >= 0 && n == 0) {
        close(log->fd);
        *log = (struct logfile){
            .path = log->path, .fd = fd, .device = info.st_dev, .inode = info.st_ino, .gap = true};
        return read_at(log, block, size, 0);
    }
    if (fd >= 0)
        close(fd);
    return n;
}

/*
 * What was read may have been given back or cut off in between, and read as zeros. It is looked at
 * behind the read: what is there then was there before.
 */
ssize_t logfile_read(struct logfile *log, char *block, size_t size)
{
    for (;;) {
        ssize_t n = read_at(log, block, size, log->position);
        off_t   kept;
        int     error;

        if (n >= 0 && begin_emptied(log, log->position + n))
            continue;
        if (n == 0)
            n = read_successor(log, block, size);
        if (n <= 0)
            return n;
        kept = first_kept(log, log->position);
        if (kept == log->position) {
            log->position += n;
            return n;
        }
        error = skip_to_line(log, kept, block, size);
        if (error != 0)
            return error;
    }
}

int logfile_skip_lost(struct logfile *log)
{
    off_t kept = first_kept(log, log->position);
    char *block;
    int   error;

    if (kept == log->position)
        return 0;
    block = malloc(LINE_MAX_SKIPPED);
    if (block == NULL)
        return -ENOMEM;
    error = skip_to_line(log, kept, block, LINE_MAX_SKIPPED);
    free(block);
    return error;
}

/* Where in the block the last LINES lines begin, or NULL with LINES less the newlines seen. */
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
 * Counts newlines backwards; the one before the wanted lines is the LINES-th, not counting one at
 * the very end, which ends the last line instead of beginning another. A file that is emptied
 * meanwhile is read from where the position is.
 */
static int seek_lines(struct logfile *log, off_t end, unsigned long long lines, char *block)
{
    off_t last = end - 1;

    if (lines == 0) {
        log->position = end;
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
