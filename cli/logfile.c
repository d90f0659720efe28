#include "cli/logfile.h"

#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (128U * 1024)

/* How much sendfile() is asked for at once; it moves 2 GiB at most. */
#define CHUNK_SIZE (1024U * 1024 * 1024)

int logfile_open(struct logfile *log, const char *path)
{
    /* O_NONBLOCK: opening a pipe would wait for its writer. */
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int         error = 0;
    struct stat info;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) < 0)
        error = -errno;
    else if (!S_ISREG(info.st_mode))
        error = -EINVAL;
    if (error == 0)
        log->fd = fd;
    else
        close(fd);
    return error;
}

int logfile_size(const struct logfile *log, off_t *ret)
{
    struct stat info;

    if (fstat(log->fd, &info) < 0)
        return -errno;
    *ret = info.st_size;
    return 0;
}

/* Reads SIZE bytes at OFFSET; the end of the file before that is an error. */
static int read_block(const struct logfile *log, char *block, size_t size, off_t offset)
{
    while (size > 0) {
        ssize_t got = pread(log->fd, block, size, offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        block += got;
        size -= (size_t) got;
        offset += got;
    }
    return 0;
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
 * the very end, which ends the last line instead of beginning another.
 */
static int seek_lines(struct logfile *log, off_t end, unsigned long long lines, char *block)
{
    off_t last = end - 1;
    int   error = 0;

    if (lines == 0) {
        log->position = end;
        return 0;
    }
    lines--;
    while (error == 0 && last > log->position) {
        size_t size = last - log->position < (off_t) BLOCK_SIZE ? (size_t) (last - log->position)
                                                                : BLOCK_SIZE;
        const char *found;

        last -= (off_t) size;
        error = read_block(log, block, size, last);
        found = error == 0 ? find_lines(block, size, &lines) : NULL;
        if (found != NULL) {
            log->position = last + (found - block);
            return 0;
        }
    }
    return error;
}

int logfile_seek_lines(struct logfile *log, off_t end, unsigned long long lines)
{
    char *block = malloc(BLOCK_SIZE);
    int   error;

    if (block == NULL)
        return -ENOMEM;
    error = seek_lines(log, end, lines, block);
    free(block);
    return error;
}

/* For an output that sendfile() does not take, as a file opened for appending. */
static int copy_block(struct logfile *log, size_t size, int out)
{
    char   *block = malloc(BLOCK_SIZE);
    ssize_t got;
    int     error = 0;

    if (block == NULL)
        return -ENOMEM;
    got = pread(log->fd, block, size < BLOCK_SIZE ? size : BLOCK_SIZE, log->position);
    if (got < 0)
        error = errno == EINTR ? 0 : -errno;
    else
        error = got > 0 ? output_write(out, block, (size_t) got) : -ENODATA;
    if (error == 0 && got > 0)
        log->position += got;
    free(block);
    return error;
}

static int wait_writable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

    return poll(&pollfd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* Copies some of SIZE bytes; -ENODATA at the end of the file. */
static int copy_some(struct logfile *log, size_t size, int out)
{
    ssize_t sent = sendfile(out, log->fd, &log->position, size);

    if (sent > 0)
        return 0;
    if (sent == 0)
        return -ENODATA;
    switch (errno) {
    case EINTR:
        return 0;
    case EAGAIN:
        return wait_writable(out);
    case EINVAL:
    case ENOSYS:
        return copy_block(log, size, out);
    default:
        return -errno;
    }
}

int logfile_copy(struct logfile *log, off_t end, int out)
{
    int error = 0;

    while (error == 0 && (end < 0 || log->position < end)) {
        off_t left = end < 0 ? (off_t) CHUNK_SIZE : end - log->position;

        error = copy_some(log, left < (off_t) CHUNK_SIZE ? (size_t) left : CHUNK_SIZE, out);
    }
    return error == -ENODATA ? 0 : error;
}

void logfile_close(struct logfile *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}
