/* Tests the times of a log's bytes (cli/place/times.h). Each case makes its files in the current directory. */
#include "tests/lib/test.h"

#include "cli/place/times.h"

#include <stdbool.h>
#include <sys/stat.h>

/* The bytes of each output, and the number of outputs: more than the marks that are dropped at a time. */
#define PIECE  16
#define PIECES 10000

/* The bytes of a block of marks, and the marks in it. Marks are dropped each time that 16 blocks were written. */
#define BLOCK 4096
#define MARKS (BLOCK / (off_t) sizeof(struct times_mark))

static bool   is_now_set; /* to 5 seconds and 7 nanoseconds */
static int    drop_count; /* of the times that blocks of marks were given back */
static off_t  dropped;    /* the end of the last ones */
static bool   is_drop_refused;
static size_t written_size = SIZE_MAX; /* of the next mark, at most */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    if (!is_now_set)
        return __real_clock_gettime(clock, ret);
    CHECK_EQUAL(clock, CLOCK_REALTIME);
    *ret = (struct timespec){5, 7};
    return 0;
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t size);
int __real_fallocate(int fd, int mode, off_t offset, off_t size);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size)
{
    CHECK_EQUAL(offset, 0);
    drop_count++;
    dropped = size;
    if (!is_drop_refused)
        return __real_fallocate(fd, mode, offset, size);
    errno = ENOSPC;
    return -1;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __real_pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return __real_pwrite(fd, data, size < written_size ? size : written_size, offset);
}

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
        CHECK_EQUAL(__real_pwrite(log->fd, "0123456789abcde\n", PIECE, i * PIECE), PIECE);
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

/* Frees the bytes of the log up to END. Returns false if the file system has no holes. */
static bool lose(const struct log *log, off_t end)
{
    return __real_fallocate(log->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, end) == 0;
}

static void lost_bytes_lose_their_times(void)
{
    struct log log;
    off_t      before, kept;

    open_log(&log);
    print(&log, 0, PIECES / 2);
    before = size_on_disk(&log);
    if (!lose(&log, PIECES / 4 * PIECE))
        return;
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

static void blocks_of_lost_marks_are_dropped(void)
{
    struct log log;

    open_log(&log);
    print(&log, 0, 16 * MARKS);
    CHECK_EQUAL(drop_count, 0);
    if (!lose(&log, 3 * MARKS * PIECE) || lseek(log.fd, 0, SEEK_DATA) != 3 * MARKS * PIECE)
        return; /* the file system has no holes of this size */
    print(&log, 16 * MARKS, 32 * MARKS - 1);
    CHECK_EQUAL(drop_count, 0);
    print(&log, 32 * MARKS - 1, 32 * MARKS);
    CHECK(drop_count == 1 && dropped == 3 * BLOCK);
    CHECK_EQUAL(lseek(log.writer.fd, 0, SEEK_DATA), 3 * BLOCK);
    print(&log, 32 * MARKS, 48 * MARKS); /* nothing more is lost */
    CHECK_EQUAL(drop_count, 1);
    CHECK(lose(&log, 5 * MARKS * PIECE));
    is_drop_refused = true;
    print(&log, 48 * MARKS, 64 * MARKS);
    CHECK(drop_count == 2 && dropped == 5 * BLOCK);
    is_drop_refused = false;
    print(&log, 64 * MARKS, 80 * MARKS); /* it is tried again */
    CHECK(drop_count == 3 && dropped == 5 * BLOCK);
    print(&log, 80 * MARKS, 96 * MARKS - 1);
    CHECK(ftruncate(log.fd, 200 * MARKS * PIECE) == 0 && lose(&log, 200 * MARKS * PIECE));
    CHECK_EQUAL(pwrite(log.fd, "x", 1, 200 * MARKS * PIECE), 1);
    times_write(&log.writer, log.path, log.fd, 96 * MARKS * PIECE, 1);
    CHECK(drop_count == 4 && dropped == 96 * BLOCK); /* all marks */
    close_log(&log);
}

static void marks_are_written_whole(void)
{
    struct log log;
    int64_t    time;

    open_log(&log);
    print(&log, 0, 1);
    check_output(&log, 0);
    times_write(&log.writer, log.path, log.fd, PIECE, 7); /* nothing was printed since */
    check_output(&log, 0);
    written_size = sizeof(time); /* the disk is full */
    print(&log, 1, 2);
    CHECK(!times_read(&log.reader, log.path, 2 * PIECE, &time));
    written_size = SIZE_MAX;
    print(&log, 2, 3);
    check_output(&log, 2);
    CHECK(times_read(&log.reader, log.path, PIECE, &time));
    CHECK_EQUAL(time, 3); /* the mark before is lost */
    close_log(&log);
}

static void the_file_of_marks_is_the_users_own(void)
{
    struct times_writer writer = {.fd = -1};
    struct log          log;
    struct stat         info;
    int64_t             time;

    umask(0);
    open_log(&log);
    CHECK(symlink("../1.log", TIMES_DIRECTORY "/1.log") == 0);
    print(&log, 0, 1);
    CHECK_EQUAL(log.writer.fd, -1);
    CHECK(!times_read(&log.reader, log.path, 0, &time));
    CHECK(fstat(log.fd, &info) == 0 && info.st_size == PIECE);
    CHECK_EQUAL(unlink(TIMES_DIRECTORY "/1.log"), 0);
    print(&log, 0, 1);
    check_output(&log, 0);
    CHECK(stat(TIMES_DIRECTORY "/1.log", &info) == 0 && (info.st_mode & 07777) == 0600);
    CHECK_EQUAL(fcntl(log.writer.fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(fcntl(log.reader.fd, F_GETFD), FD_CLOEXEC);
    times_write(&writer, "1.log", log.fd, PIECE, 1); /* the path of a log has a directory */
    CHECK_EQUAL(writer.fd, -1);
    close_log(&log);
}

static void a_time_is_shown_with_milliseconds(void)
{
    struct text text = {0};

    CHECK_EQUAL(setenv("TZ", "XXX-03:30", 1), 0);
    tzset();
    is_now_set = true;
    CHECK_EQUAL(times_now(), 5000000007);
    is_now_set = false;
    times_add(&text, 1999999999); /* in nanoseconds */
    times_add(&text, (19 * 3600 + 1) * 1000000000LL + 7000000);
    text_byte(&text, '\0', 1);
    CHECK_TEXT(text.data, "03:30:01.999 22:30:01.007 ");
    text_release(&text);
}

TEST_MAIN({"places", places_have_times}, {"lost", lost_bytes_lose_their_times},
          {"shorter", shorter_logs_begin_anew}, {"blocks", blocks_of_lost_marks_are_dropped},
          {"whole", marks_are_written_whole}, {"own", the_file_of_marks_is_the_users_own},
          {"shown", a_time_is_shown_with_milliseconds})
