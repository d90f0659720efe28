#include "cli/place/times.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

/*
 * Old marks are dropped in blocks of CUT_BLOCK bytes, each time that CUT_INTERVAL bytes of new marks were
 * written.
 */
#define CUT_BLOCK    4096
#define CUT_INTERVAL (16 * CUT_BLOCK)

int64_t times_now(void)
{
    struct timespec now = {0};

    (void) clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

void times_add(struct text *text, int64_t time)
{
    time_t    seconds = (time_t) (time / SECOND);
    struct tm local = {0};

    (void) localtime_r(&seconds, &local);
    text_printf(text, "%02d:%02d:%02d.%03d ", local.tm_hour, local.tm_min, local.tm_sec,
                (int) (time % SECOND / 1000000));
}

char *times_path(const char *log)
{
    const char *name = strrchr(log, '/');
    char       *path;

    if (name == NULL ||
        asprintf(&path, "%.*s/" TIMES_DIRECTORY "%s", (int) (name - log), log, name) < 0)
        return NULL;
    return path;
}

bool times_are_kept(const char *log, long long id)
{
    char *path = times_path(log);
    char *name = path != NULL ? strrchr(path, '/') : NULL;
    char  own[32];
    bool  kept = false;

    (void) snprintf(own, sizeof(own), "/%lld.log", id);
    if (name != NULL && strcmp(name, own) == 0) {
        *name = '\0';
        kept = access(path, X_OK) == 0;
    }
    free(path);
    return kept;
}

static int open_marks(const char *log, int flags)
{
    char *path = times_path(log);
    int   fd = path != NULL ? open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600) : -1;

    free(path);
    return fd;
}

/* Gives blocks back to the disk whose marks are all for bytes that the log has lost. */
static void cut(struct times_writer *writer, int log)
{
    off_t             first = lseek(log, 0, SEEK_DATA);
    off_t             at = writer->cut;
    struct times_mark last;

    for (; at + CUT_BLOCK <= writer->at; at += CUT_BLOCK)
        if (pread(writer->fd, &last, sizeof(last), at + CUT_BLOCK - (off_t) sizeof(last)) !=
                (ssize_t) sizeof(last) ||
            last.end > first)
            break;
    if (at > writer->cut &&
        fallocate(writer->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, at) == 0)
        writer->cut = at;
}

void times_write(struct times_writer *writer, const char *log, int fd, off_t end, int64_t time)
{
    struct times_mark mark = {.end = end, .time = time};

    if (writer->fd < 0)
        writer->fd = open_marks(log, O_RDWR | O_CREAT);
    if (writer->fd < 0)
        return;
    if (end < writer->end && ftruncate(writer->fd, 0) == 0)
        writer->at = writer->cut = 0;
    if (pwrite(writer->fd, &mark, sizeof(mark), writer->at) != (ssize_t) sizeof(mark))
        return;
    writer->at += (off_t) sizeof(mark);
    writer->end = end;
    if (writer->at % CUT_INTERVAL == 0)
        cut(writer, fd);
}

/* Moves on to the first mark that is left. */
static void begin(struct times_reader *reader)
{
    off_t first = lseek(reader->fd, 0, SEEK_DATA);

    reader->at = first > 0 ? first : 0;
    reader->next = reader->count = 0;
}

static bool read_marks(struct times_reader *reader)
{
    ssize_t size = pread(reader->fd, reader->marks, sizeof(reader->marks), reader->at);

    reader->next = 0;
    reader->count = size > 0 ? (size_t) size / sizeof(reader->marks[0]) : 0;
    reader->at += (off_t) (reader->count * sizeof(reader->marks[0]));
    return reader->count > 0;
}

bool times_find(struct times_reader *reader, const char *log, off_t offset, struct times_mark *ret)
{
    if (reader->fd < 0) {
        reader->fd = open_marks(log, O_RDONLY);
        if (reader->fd < 0)
            return false;
        begin(reader);
    } else if (offset < reader->offset) {
        begin(reader);
    }
    reader->offset = offset;
    while (reader->next < reader->count || read_marks(reader)) {
        *ret = reader->marks[reader->next];
        if (ret->end > offset)
            return true;
        reader->next++;
    }
    return false;
}

bool times_read(struct times_reader *reader, const char *log, off_t offset, int64_t *ret)
{
    struct times_mark mark;

    if (!times_find(reader, log, offset, &mark))
        return false;
    *ret = mark.time;
    return true;
}
