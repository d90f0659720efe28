/*
 * Tests the readers of a log alone: its file (cli/place/logfile.h), the part that came through a connection
 * (log_buffer.h), and the marks of runs (run_marks.h). Each case makes its files in the current directory.
 */
#include "tests/lib/test.h"

#include "cli/place/log_buffer.h"
#include "cli/place/logfile.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"

#include <stdbool.h>
#include <sys/stat.h>

#define BLOCK (4096 * 16)
#define LINE  100 /* the bytes of a numbered line */

static bool is_interrupted;      /* the next read of a file is */
static void (*after_read)(void); /* is called once, when a file was read */

ssize_t __wrap_pread(int fd, void *block, size_t size, off_t offset);
ssize_t __real_pread(int fd, void *block, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *block, size_t size, off_t offset)
{
    ssize_t n = is_interrupted ? -1 : __real_pread(fd, block, size, offset);
    void (*call)(void) = after_read;

    is_interrupted = false;
    after_read = NULL;
    if (call != NULL)
        call();
    errno = EINTR; /* also of an earlier call */
    return n;
}

/* Appends TEXT to the file at PATH. */
static void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Checks that the next read of at most SIZE bytes gives WANTED, and that GAP tells whether bytes before were lost. */
static void check_read(struct logfile *log, size_t size, const char *wanted, bool gap)
{
    char    block[BLOCK + 1];
    ssize_t n = logfile_read(log, block, size);

    CHECK(n >= 0);
    block[n] = '\0';
    CHECK_TEXT(block, wanted);
    CHECK_EQUAL(log->gap, gap);
    log->gap = false;
}

static void only_files_are_opened(void)
{
    struct logfile log = LOGFILE_CLOSED;
    int            before = test_count_open();

    CHECK(!logfile_is_open(&log));
    logfile_look(&log);
    CHECK_EQUAL(log.next_count, 0);
    CHECK_EQUAL(logfile_open(&log, "log", 0), -ENOENT);
    CHECK(mkfifo("log", 0600) == 0);
    CHECK_EQUAL(logfile_open(&log, "log", 0), -EINVAL);
    CHECK_EQUAL(logfile_open(&log, ".", 0), -EINVAL);
    CHECK(!logfile_is_open(&log));
    CHECK_EQUAL(test_count_open(), before);
    CHECK(unlink("log") == 0);
    append("log", "text\n");
    CHECK_EQUAL(logfile_open(&log, "log", 2), 0);
    CHECK(logfile_is_open(&log));
    CHECK_EQUAL(fcntl(log.file.fd, F_GETFD), FD_CLOEXEC);
    is_interrupted = true;
    check_read(&log, BLOCK, "xt\n", false);
    check_read(&log, BLOCK, "", false);
    append("log", "x"); /* a single byte */
    check_read(&log, BLOCK, "x", false);
    check_read(&log, BLOCK, "", false);
    logfile_close(&log);
    CHECK(!logfile_is_open(&log));
    CHECK_EQUAL(test_count_open(), before);
}

static void files_follow_each_other(void)
{
    struct logfile log;
    int            before = test_count_open(), old;
    off_t          size;

    append("log", "first\nrest");
    CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
    check_read(&log, 6, "first\n", false);
    old = open("log", O_RDONLY | O_CLOEXEC);
    CHECK(logfile_is(&log, old));
    for (int i = 0; i < 2; i++) { /* an empty file is passed over */
        CHECK(rename("log", i == 0 ? "old" : "empty") == 0);
        append("log", i == 0 ? "" : "second\n");
        CHECK(!logfile_is(&log, open("log", O_RDONLY | O_CLOEXEC)));
        logfile_look(&log);
        logfile_look(&log);
        CHECK_EQUAL(log.next_count, i + 1);
    }
    append("old", " of it\n");
    check_read(&log, 4, "rest", false);
    check_read(&log, BLOCK, " of it\n", false);
    CHECK(rename("log", "moved") == 0);
    append("log", "third\n");
    check_read(&log, 3, "sec", true);
    CHECK(!logfile_is(&log, old));
    CHECK_EQUAL(logfile_size(&log, &size), 0);
    CHECK_EQUAL(size, strlen("second\n"));
    check_read(&log, BLOCK, "ond\n", false);
    check_read(&log, BLOCK, "third\n", true);
    check_read(&log, BLOCK, "", false);
    CHECK_EQUAL(log.next_count, 0);
    logfile_close(&log);
    CHECK_EQUAL(test_count_open(), before + 3); /* those that this case has opened itself */
}

/* The last output of a run, and the first byte of the next one, whose log is a new file. */
static void begin_next_run(void)
{
    append("log", "end\n");
    CHECK(rename("log", "old") == 0);
    append("log", "x");
}

static void the_end_of_a_file_is_read_before_the_next_one(void)
{
    struct logfile log;

    append("log", "text\n");
    CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
    check_read(&log, BLOCK, "text\n", false);
    after_read = begin_next_run;
    check_read(&log, BLOCK, "end\n", false);
    check_read(&log, BLOCK, "x", true);
    check_read(&log, BLOCK, "", false);
    logfile_close(&log);
}

static void all_files_are_closed(void)
{
    struct logfile log;
    int            before = test_count_open();
    char           name[32];

    append("log", "");
    CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
    for (int i = 0; i < LOGFILE_NEXT_MAX + 2; i++) {
        (void) snprintf(name, sizeof(name), "log.%d", i);
        CHECK(rename("log", name) == 0);
        append("log", "");
        logfile_look(&log);
        CHECK_EQUAL(log.next_count, i < LOGFILE_NEXT_MAX ? i + 1 : LOGFILE_NEXT_MAX);
    }
    logfile_close(&log);
    CHECK_EQUAL(log.next_count, 0);
    CHECK_EQUAL(test_count_open(), before);
}

static void cut_the_log(void)
{
    CHECK(truncate("log", 2) == 0);
}

static void emptied_files_begin_anew(void)
{
    struct logfile log;

    append("log", "0123456789");
    CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
    check_read(&log, BLOCK, "0123456789", false);
    check_read(&log, BLOCK, "", false);
    CHECK(truncate("log", 0) == 0);
    append("log", "new\n");
    check_read(&log, BLOCK, "new\n", true);
    CHECK(truncate("log", 3) == 0); /* one byte less than was read */
    check_read(&log, BLOCK, "new", true);
    append("log", "er text\n");
    log.position = 0;
    after_read = cut_the_log;
    check_read(&log, BLOCK, "ne", true); /* none of the bytes that were read is there */
    CHECK_EQUAL(logfile_seek_lines(&log, 10, 5), 0);
    CHECK_EQUAL(log.position, 2);
    logfile_close(&log);
}

/* Makes a log of COUNT lines of LINE bytes, each with its number. */
static void make_lines(const char *path, int count)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL);
    for (int i = 0; i < count; i++)
        CHECK_EQUAL(fprintf(file, "%0*d\n", LINE - 1, i), LINE);
    CHECK(fclose(file) == 0);
}

/* Frees the bytes of the log from FROM to END. Returns false where a file system has no holes. */
static bool punch(const char *path, off_t from, off_t end)
{
    int  fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, end - from) == 0;

    close(fd);
    return done && from == 0;
}

static void reading_continues_with_a_whole_line(void)
{
    struct logfile log;
    char           block[BLOCK];
    off_t          kept = (BLOCK + LINE) / LINE * LINE;

    make_lines("log", 3000);
    if (!punch("log", 0, BLOCK))
        return;
    CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
    CHECK(logfile_read(&log, block, sizeof(block)) > LINE);
    CHECK_EQUAL(atoi(block), kept / LINE);
    CHECK(log.gap);
    log.gap = false;
    CHECK_EQUAL(log.position % BLOCK, 0);
    CHECK_EQUAL(logfile_read(&log, block, LINE), LINE);
    CHECK(!log.gap); /* nothing is lost between two reads */
    CHECK_EQUAL(log.position % BLOCK, LINE);
    log.position = 0;
    CHECK_EQUAL(logfile_skip_lost(&log), 0);
    CHECK_EQUAL(log.position, kept);
    log.position = kept + 1; /* a place that is kept stays */
    CHECK_EQUAL(logfile_skip_lost(&log), 0);
    CHECK_EQUAL(log.position, kept + 1);
    log.position = 0; /* more lines than are left: the first whole line */
    CHECK_EQUAL(logfile_seek_lines(&log, 3000 * LINE, 3000), 0);
    CHECK_EQUAL(log.position, kept);
    logfile_close(&log);
}

static void other_holes_are_output(void)
{
    struct logfile log;
    char           block[3 * BLOCK];

    make_lines("log", 3000);
    (void) punch("log", BLOCK, 2 * BLOCK);
    CHECK_EQUAL(logfile_open(&log, "log", BLOCK), 0);
    CHECK_EQUAL(logfile_read(&log, block, BLOCK), BLOCK);
    CHECK(!log.gap);
    CHECK_EQUAL(log.position, 2 * BLOCK);
    CHECK_EQUAL(block[0], 0);
    logfile_close(&log);
}

/* A reader looks for the beginning of a line in 64 KiB, and not longer. */
static void a_very_long_line_is_not_dropped(void)
{
    static const struct {
        int step, dropped;
    } reads[] = {{4096, 65536}, {5000, 70000}, {65535, 131070}, {65536, 65536}};
    struct logfile log;
    char          *line = malloc(5 * BLOCK), block[BLOCK];

    CHECK(line != NULL);
    memset(line, 'x', 5 * BLOCK);
    line[5 * BLOCK - 1] = '\0';
    append("log", line);
    free(line);
    if (!punch("log", 0, BLOCK))
        return;
    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
        CHECK_EQUAL(logfile_read(&log, block, (size_t) reads[i].step), reads[i].step);
        CHECK_EQUAL(log.position, BLOCK + reads[i].dropped + reads[i].step);
        CHECK(log.gap);
        logfile_close(&log);
    }
    /* Only the end of a line is left, and that line goes on. */
    CHECK(truncate("log", BLOCK + 9) == 0);
    CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
    check_read(&log, BLOCK, "", true);
    append("log", "its end\nnext\n");
    check_read(&log, BLOCK, "next\n", true);
    CHECK(truncate("log", BLOCK + 9) == 0);
    log.position = 0;
    CHECK_EQUAL(logfile_skip_lost(&log), 0);
    CHECK_EQUAL(log.position, BLOCK + 9);
    append("log", "\nx"); /* the next line has one byte */
    log.position = 0;
    CHECK_EQUAL(logfile_skip_lost(&log), 0);
    CHECK_EQUAL(log.position, BLOCK + 10);
    log.position = 0;
    check_read(&log, BLOCK, "x", true);
    CHECK(truncate("log", BLOCK + 9) == 0);
    log.position = 0;
    CHECK_EQUAL(logfile_seek_lines(&log, BLOCK + 9, 0), 0);
    append("log", "new\n");
    log.gap = false;
    check_read(&log, BLOCK, "new\n", false);
    logfile_close(&log);
}

static void a_log_that_begins_anew_has_its_first_line(void)
{
    struct logfile log;

    for (int i = 0; i < 2; i++) {
        int fd = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        CHECK_EQUAL(pwrite(fd, "of a line", 9, BLOCK), 9); /* behind a hole */
        close(fd);
        CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
        check_read(&log, BLOCK, "", true);
        CHECK((i == 0 ? truncate("log", 0) : rename("log", "old")) == 0);
        append("log", "first line\n");
        check_read(&log, BLOCK, "first line\n", true);
        logfile_close(&log);
    }
}

static void last_lines_are_found(void)
{
    static const struct {
        const char        *text;
        off_t              from;
        unsigned long long lines;
        off_t              place;
    } seeks[] = {
        {"a\nb\nc\n", 0, 0, 6}, {"a\nb\nc\n", 0, 1, 4}, {"a\nb\nc\n", 0, 2, 2},
        {"a\nb\nc\n", 0, 3, 0}, {"a\nb\nc\n", 0, 4, 0}, {"a\nb\nc\n", 4, 2, 4},
        {"a\nb\nc\n", 3, 2, 3}, {"a\nb\nc", 0, 1, 4},   {"a\nb\nc", 0, 2, 2},
        {"a\n\n\n", 0, 2, 2},   {"\n", 0, 1, 0},        {"", 0, 1, 0},
    };
    struct logfile log;

    for (size_t i = 0; i < sizeof(seeks) / sizeof(seeks[0]); i++) {
        (void) unlink("log");
        append("log", seeks[i].text);
        CHECK_EQUAL(logfile_open(&log, "log", seeks[i].from), 0);
        CHECK_EQUAL(logfile_seek_lines(&log, (off_t) strlen(seeks[i].text), seeks[i].lines), 0);
        CHECK_EQUAL(log.position, seeks[i].place);
        logfile_close(&log);
    }
    make_lines("log", 5000);
    CHECK_EQUAL(logfile_open(&log, "log", 0), 0);
    for (int lines = 1; lines <= 5001; lines += 40) {
        log.position = 0;
        CHECK_EQUAL(logfile_seek_lines(&log, 5000 * LINE, (unsigned long long) lines), 0);
        CHECK_EQUAL(log.position, lines < 5000 ? (5000 - lines) * LINE : 0);
        CHECK_EQUAL(logfile_seek_lines(&log, 3000 * LINE, 1),
                    0); /* before an earlier end, but not back */
        CHECK_EQUAL(log.position, lines < 2001 ? (5000 - lines) * LINE : 2999 * LINE);
    }
    log.position = 700 * LINE; /* the lines before are not wanted, whatever their number is */
    CHECK_EQUAL(logfile_seek_lines(&log, 1400 * LINE, 1000), 0);
    CHECK_EQUAL(log.position, 700 * LINE);
    logfile_close(&log);
}

/* Checks that a read of at most SIZE bytes gives WANTED, whose end is at PLACE, and whether bytes before were lost. */
static void check_buffer(struct log_buffer *buffer, off_t *position, size_t size,
                         const char *wanted, off_t place, bool gap)
{
    char   block[64];
    bool   lost = false;
    size_t n = log_buffer_read(buffer, position, &lost, block, size);

    CHECK_EQUAL(n, strlen(wanted));
    CHECK(memcmp(block, wanted, n) == 0);
    CHECK_EQUAL(*position, place);
    CHECK_EQUAL(lost, gap);
}

static void a_buffer_gives_each_byte_once(void)
{
    struct log_buffer buffer;
    off_t             position = 100;

    CHECK_EQUAL(log_buffer_open(&buffer), 0);
    check_buffer(&buffer, &position, 9, "", 100, false);
    CHECK_EQUAL(log_buffer_add(&buffer, 100, "abc", 3, false), 0);
    CHECK_EQUAL(log_buffer_add(&buffer, 103, "def", 3, false), 0);
    CHECK_EQUAL(log_buffer_add(&buffer, 106, "ghi", 3, true),
                0); /* bytes were lost, which were not counted */
    CHECK_EQUAL(log_buffer_add(&buffer, 200, "jkl", 3, false), 0);
    CHECK_EQUAL(buffer.held, 12);
    check_buffer(&buffer, &position, 2, "ab", 102, false);
    check_buffer(&buffer, &position, 9, "cdef", 106, false);
    log_buffer_drop(&buffer, 103);
    CHECK_EQUAL(buffer.held, 9);
    log_buffer_drop(&buffer, 103); /* all of these are dropped already, or not in this piece */
    log_buffer_drop(&buffer, 101);
    log_buffer_drop(&buffer, 99);
    log_buffer_drop(&buffer, 107);
    CHECK_EQUAL(buffer.held, 9);
    position = 103;
    check_buffer(&buffer, &position, 1, "d", 104, false);
    position = 102; /* dropped */
    check_buffer(&buffer, &position, 1, "d", 104, true);
    position = 107; /* behind the end: the log was emptied */
    check_buffer(&buffer, &position, 9, "def", 106, true);
    check_buffer(&buffer, &position, 9, "ghi", 109, true);
    CHECK_EQUAL(buffer.held, 6);
    log_buffer_drop(&buffer, 109);
    CHECK_EQUAL(buffer.held, 3);
    check_buffer(&buffer, &position, 9, "jkl", 203, true);
    check_buffer(&buffer, &position, 9, "", 203, false);
    CHECK_EQUAL(log_buffer_add(&buffer, 202, "the log was emptied", 19, false), 0);
    check_buffer(&buffer, &position, 3, "the", 205, true);
    log_buffer_close(&buffer);
    CHECK(TAILQ_EMPTY(&buffer.segments));
}

static void a_buffer_is_read_like_a_file(void)
{
    struct log_buffer buffer;
    struct logfile    log = {.gap = true, .position = 7, .next_count = 1};

    CHECK_EQUAL(log_buffer_open(&buffer), 0);
    logfile_open_buffer(&log, &buffer, 100);
    CHECK(logfile_is_open(&log));
    CHECK(!log.gap);
    CHECK(!logfile_is(&log, STDIN_FILENO));
    CHECK_EQUAL(log_buffer_add(&buffer, 98, "text\n", 5, false), 0);
    check_read(&log, BLOCK, "xt\n", false);
    CHECK_EQUAL(log.position, 103);
    logfile_close(&log);
    log_buffer_close(&buffer);
}

static void a_buffer_is_bounded(void)
{
    const size_t      kept_up_to = 256 * 1024, size = kept_up_to + 10;
    struct log_buffer buffer;
    char             *bytes = malloc(LOG_BUFFER_FULL);
    off_t             position = (off_t) kept_up_to;

    CHECK(bytes != NULL);
    for (size_t i = 0; i < LOG_BUFFER_FULL; i++)
        bytes[i] = (char) ('a' + i % 26);
    CHECK_EQUAL(log_buffer_open(&buffer), 0);
    CHECK_EQUAL(log_buffer_add(&buffer, 0, bytes, size, false), 0);
    log_buffer_drop(&buffer, (off_t) kept_up_to - 1);
    CHECK_EQUAL(TAILQ_FIRST(&buffer.segments)->bytes.size, size);
    log_buffer_drop(&buffer, (off_t) kept_up_to);
    CHECK_EQUAL(TAILQ_FIRST(&buffer.segments)->bytes.size, 10); /* the memory is given back */
    CHECK_EQUAL(buffer.held, 10);
    bytes[size] = '\0';
    check_buffer(&buffer, &position, 20, bytes + kept_up_to, (off_t) size, false);
    log_buffer_drop(&buffer, (off_t) size - 4);
    CHECK_EQUAL(buffer.held, 4);
    CHECK_EQUAL(log_buffer_add(&buffer, (off_t) size, bytes, LOG_BUFFER_FULL - 5, false), 0);
    CHECK(!log_buffer_is_full(&buffer));
    CHECK_EQUAL(log_buffer_add(&buffer, (off_t) size + LOG_BUFFER_FULL - 5, bytes, 1, false), 0);
    CHECK(log_buffer_is_full(&buffer));
    log_buffer_drop(&buffer, (off_t) size - 3);
    CHECK(!log_buffer_is_full(&buffer));
    log_buffer_close(&buffer);
    free(bytes);
}

static void a_buffer_knows_times(void)
{
    struct log_buffer buffer;
    char              bytes[2000] = {0};
    int64_t           time = 0;

    CHECK_EQUAL(log_buffer_open(&buffer), 0);
    CHECK_EQUAL(log_buffer_add(&buffer, 0, bytes, sizeof(bytes), false), 0);
    for (off_t i = 0; i < 2000; i++) /* byte I has the time 5000 + I */
        CHECK_EQUAL(
            log_buffer_add_time(&buffer, &(struct times_mark){.end = i + 1, .time = 5000 + i}), 0);
    for (off_t i = 0; i < 2000; i++)
        CHECK(log_buffer_find_time(&buffer, i, &time) && time == 5000 + i);
    CHECK(!log_buffer_find_time(&buffer, 2000, &time));
    log_buffer_drop(&buffer, 1023);
    CHECK_EQUAL(buffer.times_count,
                2000); /* the times of dropped bytes are dropped a thousand at a time */
    log_buffer_drop(&buffer, 1024);
    CHECK_EQUAL(buffer.times_count, 2000 - 1024);
    for (off_t i = 1024; i < 2000; i++)
        CHECK(log_buffer_find_time(&buffer, i, &time) && time == 5000 + i);
    log_buffer_close(&buffer);
}

TEST_MAIN({"files", only_files_are_opened}, {"moved", files_follow_each_other},
          {"end", the_end_of_a_file_is_read_before_the_next_one}, {"many", all_files_are_closed},
          {"emptied", emptied_files_begin_anew}, {"holes", reading_continues_with_a_whole_line},
          {"sparse", other_holes_are_output}, {"anew", a_log_that_begins_anew_has_its_first_line},
          {"long", a_very_long_line_is_not_dropped}, {"last-lines", last_lines_are_found},
          {"buffer", a_buffer_gives_each_byte_once}, {"remote", a_buffer_is_read_like_a_file},
          {"bounds", a_buffer_is_bounded}, {"buffer-times", a_buffer_knows_times})
