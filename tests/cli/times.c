/* Tests the times of a log's bytes (cli/place/times.h). Each case makes its files in the current directory. */
#include "tests/lib/test.h"

#include "cli/place/times.h"

#include <sys/stat.h>

/* The bytes of each output, and the number of outputs: more than the marks that are dropped at a time. */
#define PIECE  16
#define PIECES 10000

/* A log of PIECES outputs, and its times: output I has the time I + 1. */
struct log {
    char                path[64];
    int                 fd;
    struct times_writer writer;
    struct times_reader reader;
};

static void open_log(struct log *log)
{
    *log = (struct log){.writer.fd = -1, .reader.fd = -1};
    (void) snprintf(log->path, sizeof(log->path), "./1.log");
    CHECK(mkdir(TIMES_DIRECTORY, 0700) == 0);
    log->fd = open(log->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(log->fd >= 0);
    CHECK(times_are_kept(log->path, 1));
    CHECK(!times_are_kept(log->path, 2));
}

static void close_log(struct log *log)
{
    close(log->writer.fd);
    close(log->reader.fd);
    close(log->fd);
}

/* Prints outputs FROM to TO. */
static void print(struct log *log, off_t from, off_t to)
{
    CHECK(ftruncate(log->fd, to * PIECE) == 0);
    for (off_t i = from; i < to; i++) {
        CHECK_EQUAL(pwrite(log->fd, "0123456789abcde\n", PIECE, i * PIECE), PIECE);
        times_write(&log->writer, log->path, log->fd, (i + 1) * PIECE, i + 1);
    }
}

/* Checks the times of both ends of output I. */
static void check_output(struct log *log, off_t i)
{
    int64_t time;

    for (int byte = 0; byte < PIECE; byte += PIECE - 1) {
        CHECK(times_read(&log->reader, log->path, i * PIECE + byte, &time));
        CHECK_EQUAL(time, i + 1);
    }
}

static void places_have_times(void)
{
    struct log log;
    int64_t    time;

    open_log(&log);
    CHECK(!times_read(&log.reader, log.path, 0, &time));
    print(&log, 0, 1000);
    for (off_t i = 0; i < 1000; i++)
        check_output(&log, i);
    CHECK(!times_read(&log.reader, log.path, 1000 * PIECE, &time));
    check_output(&log, 3); /* an earlier place is found too */
    close_log(&log);
}

static off_t size_on_disk(const struct log *log)
{
    struct stat info;

    CHECK(fstat(log->writer.fd, &info) == 0);
    return info.st_blocks * 512;
}

static void lost_bytes_lose_their_times(void)
{
    struct log log;
    off_t      before, kept;

    open_log(&log);
    print(&log, 0, PIECES / 2);
    before = size_on_disk(&log);
    if (fallocate(log.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PIECES / 4 * PIECE) != 0)
        return; /* the file system has no holes */
    kept = lseek(log.fd, 0, SEEK_DATA) / PIECE;
    CHECK(kept > PIECES / 8);
    print(&log, PIECES / 2, PIECES);
    CHECK(size_on_disk(&log) < 2 * before - kept * (off_t) sizeof(struct times_mark) / 2);
    CHECK(size_on_disk(&log) >= (PIECES - kept) * (off_t) sizeof(struct times_mark));
    for (off_t i = kept; i < PIECES; i++)
        check_output(&log, i);
    check_output(&log, kept);
    close_log(&log);
}

static void shorter_logs_begin_anew(void)
{
    struct log log;
    int64_t    time;

    open_log(&log);
    print(&log, 0, 100);
    print(&log, 0, 10);
    CHECK_EQUAL(lseek(log.writer.fd, 0, SEEK_END), 10 * (off_t) sizeof(struct times_mark));
    check_output(&log, 9);
    CHECK(!times_read(&log.reader, log.path, 10 * PIECE, &time));
    close_log(&log);
}

TEST_MAIN({"places", places_have_times}, {"lost", lost_bytes_lose_their_times},
          {"shorter", shorter_logs_begin_anew})
