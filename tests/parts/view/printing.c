/*
 * Tests how a printer takes the bytes of logs (cli/view/printer_take.h): where a log was emptied, at a limit, with
 * a full buffer, and at the beginning of a run. The times are what the program says.
 */
#include "tests/lib/test.h"
#include "tests/parts/view/printed.h"

#include "cli/place/log_buffer.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"
#include "cli/view/output.h"

#include <limits.h>
#include <sys/stat.h>

#define DAY 1700000000 /* 22:13:20 */

static int64_t wall = (int64_t) DAY * 1000000000; /* the time of the day */
static size_t  bytes_read;                        /* from files */

int64_t __wrap_times_now(void);
int64_t __wrap_times_now(void)
{
    return wall;
}

ssize_t __real_pread(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset)
{
    ssize_t n = __real_pread(fd, data, size, offset);

    bytes_read += n > 0 ? (size_t) n : 0;
    return n;
}

static void empty(struct printer_source *source)
{
    CHECK_EQUAL(truncate(source->path, 0), 0);
    printer_touch(source);
}

/* Where a log was emptied, an open line ends, an unfinished line is forgotten, and the log is read anew. */
static void an_emptied_log_is_read_anew(void)
{
    struct printer         printer;
    struct printer_source *a;
    char                   wanted[300000];

    begin(&printer, PRINTER_NAMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, "old");
    check_out(&printer, "");
    CHECK_EQUAL(printer_patience(&printer), 201);
    empty(a);
    check_out(&printer, "");
    CHECK_EQUAL(printer_patience(&printer), -1);
    print(a, "new");
    check_out(&printer, "");
    now += 0.2;
    CHECK_EQUAL(printer_patience(&printer), 0);
    check_out(&printer, "");
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "a | new");
    empty(a);
    check_out(&printer, "\n");
    print(a, "next\n");
    check_out(&printer, "a | next\n");
    end(&printer);
    /* In the middle of a line that is printed in pieces. */
    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "a", "b.log", 0);
    print(a, many(600000, true));
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK_EQUAL(printer_write(&printer), 0);
    CHECK(!printer_is_ready(&printer)); /* a file takes all at once */
    empty(a);
    print(a, "new\n");
    (void) snprintf(wanted, sizeof(wanted), "a | %s\na | new\n", many((size_t) 256 * 1024, false));
    check_out(&printer, wanted);
    end(&printer);
    begin(&printer, PRINTER_RAW);
    a = printer_add(&printer, "a", "c.log", 0);
    print(a, "old");
    check_out(&printer, "old");
    empty(a);
    check_out(&printer, "\n");
    /* A whole block comes from the log that has taken the path. */
    print(a, many((size_t) 128 * 1024, false));
    check_size(&printer, (off_t) 128 * 1024);
    printer_end(a);
    check_out(&printer, "\n");
    end(&printer);
    begin(&printer, PRINTER_RAW);
    a = printer_add(&printer, "a", "c.log", 0);
    printer_touch(a);
    CHECK(printer_source_is_open(a) && rename("c.log", "old.log") == 0);
    print(a, many((size_t) 128 * 1024 - 1, true));
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK(printer.ready.size == (size_t) 256 * 1024 + 1 &&
          printer.ready.capacity >= printer.ready.size);
    check_size(&printer, (off_t) 256 * 1024 + 1);
    printer_touch(a);
    check_out(&printer, ""); /* the last line has its newline */
    end(&printer);
}

/* A line is shown when it has waited for 0.2 seconds, and at once then. */
static void a_line_waits_as_long_as_it_should(void)
{
    struct printer         printer;
    struct printer_source *a;

    begin(&printer, PRINTER_NAMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, "half");
    CHECK_EQUAL(printer_fill(&printer), 0);
    now += 0.1995;
    CHECK_EQUAL(printer_patience(&printer), 1);
    printer_touch(a);
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK(!printer_is_ready(&printer));
    now += 0.001;
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK(printer_is_ready(&printer));
    check_out(&printer, "a | half");
    printer_end(a);
    check_out(&printer, "\n");
    end(&printer);
}

/* Nothing is printed behind the limit of a source, not even of a log that has taken the path. */
static void nothing_is_printed_behind_a_limit(void)
{
    static const unsigned    flags[] = {PRINTER_RAW | PRINTER_EXACT, PRINTER_NAMES};
    static const char *const wanted[2][3] = {{"one\nt", "w", ""}, {"a | one\n", "", "a | tw\n"}};

    for (int i = 0; i < 2; i++) {
        struct printer         printer;
        struct printer_source *a;

        begin(&printer, flags[i]);
        unlink("a.log");
        a = printer_add(&printer, "a", "a.log", 0);
        a->limit = 0;
        print(a, "one\ntwo\nthree\n");
        check_out(&printer, "");
        a->limit = 5;
        printer_touch(a);
        check_out(&printer, wanted[i][0]);
        a->limit = 6;
        printer_touch(a);
        check_out(&printer, wanted[i][1]);
        CHECK_EQUAL(rename("a.log", "old.log"), 0);
        print(a, "another log\n");
        check_out(&printer, "");
        printer_end(a);
        check_out(&printer, wanted[i][2]);
        end(&printer);
    }
}

/* A line that fills the buffer of its log is printed as far as it goes, so that the rest of it can come. */
static void a_full_buffer_is_emptied(void)
{
    struct log_buffer      buffer;
    struct printer         printer;
    struct printer_source *a;

    CHECK_EQUAL(log_buffer_open(&buffer), 0);
    begin(&printer, PRINTER_NAMES);
    a = printer_add_buffer(&printer, "a", "a.log", &buffer);
    CHECK_EQUAL(
        log_buffer_add(&buffer, 0, many(LOG_BUFFER_FULL, false), LOG_BUFFER_FULL - 1, false), 0);
    printer_touch(a);
    check_out(&printer, ""); /* there is room for one more byte */
    CHECK_EQUAL(log_buffer_add(&buffer, LOG_BUFFER_FULL - 1, "x", 1, false), 0);
    printer_touch(a);
    check_size(&printer, 4 + LOG_BUFFER_FULL);
    CHECK_EQUAL(buffer.held, 0);
    CHECK_EQUAL(log_buffer_add(&buffer, LOG_BUFFER_FULL, " end\n", 5, false), 0);
    printer_touch(a);
    check_out(&printer, " end\n");
    CHECK_EQUAL(log_buffer_add(&buffer, LOG_BUFFER_FULL + 5, many(LOG_BUFFER_FULL, false),
                               LOG_BUFFER_FULL, false),
                0);
    printer_touch(a);
    printer_end(a);
    check_size(&printer, 4 + LOG_BUFFER_FULL + 1); /* the line is ended */
    end(&printer);
    log_buffer_close(&buffer);
}

/* A run that begins behind a line without an end is announced behind that line, with the time of its beginning. */
static void a_run_ends_the_line_before(void)
{
    struct run_mark        marks[] = {{.offset = 7, .run = 2, .time = 1, .how = "exit 1"},
                                      {.offset = 20, .run = 3, .time = wall, .how = "exit 2"}};
    struct printer         printer;
    struct printer_source *a;

    CHECK(setenv("TZ", "UTC", 1) == 0);
    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "a", "a.log", 0);
    CHECK_EQUAL(printer_show_runs(a, "a.runs"), 0);
    print(a, "one\ntwo");
    check_out(&printer, "a | one\n");
    CHECK(run_marks_add("a.runs", &marks[0], true) >= 0);
    print(a, "three\n");
    check_out(&printer, "a | two\na | --- run 2, after exit 1 ---\na | three\n");
    end(&printer);
    /* An empty line behind it is a line of its own, also if the line before was shown already. */
    begin(&printer, PRINTER_TIMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "a.log", 13);
    marks[1].time += (int64_t) 60 * 1000000000;
    CHECK_EQUAL(printer_show_runs(a, "a.runs"), 0);
    print(a, "another");
    check_out(&printer, "");
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "22:13:20.000 another");
    CHECK(run_marks_add("a.runs", &marks[1], false) >= 0);
    print(a, "\nnew\n");
    check_out(&printer,
              "\n22:14:20.000 --- run 3, after exit 2 ---\n22:13:20.000 \n22:13:20.000 new\n");
    end(&printer);
    begin(&printer, PRINTER_TIMES);
    a = printer_add(&printer, "a", "a.log", 0);
    CHECK_EQUAL(printer_show_runs(a, "a.runs"), 0);
    printer_touch(a);
    check_out(&printer,
              "22:13:20.000 one\n22:13:20.000 two\n22:13:20.000 --- run 2, after exit 1 ---\n"
              "22:13:20.000 three\n22:13:20.000 another\n22:14:20.000 --- run 3, after exit 2 ---\n"
              "22:13:20.000 \n22:13:20.000 new\n");
    end(&printer);
}

/* A line has the time at which its last byte was seen first. */
static void lines_have_their_times(void)
{
    const int64_t          second = 1000000000;
    struct printer         printer;
    struct printer_source *a;

    CHECK(setenv("TZ", "UTC", 1) == 0 && mkdir(TIMES_DIRECTORY, 0700) == 0);
    begin(&printer, PRINTER_NAMES | PRINTER_KEEP);
    a = printer_add(&printer, "a", "./a.log", 0);
    print(a, "one\ntw");
    check_out(&printer, "a | one\n");
    wall += second;
    print(a, "o\nlast");
    check_out(&printer, "a | two\n");
    wall += second;
    printer_end(a);
    check_out(&printer, "a | last\n");
    printer_resume(a); /* its files were closed, and are opened again */
    print(a, "\nend\n");
    check_out(&printer, "a | \na | end\n");
    wall += second;
    end(&printer);
    begin(&printer, PRINTER_TIMES | PRINTER_KEPT);
    a = printer_add(&printer, "a", "./a.log", 0);
    a->limit = 12;
    printer_touch(a);
    printer_end(a);
    check_out(&printer, "22:13:20.000 one\n22:13:21.000 two\n22:13:21.000 last\n");
    end(&printer);
    begin(&printer, PRINTER_TIMES | PRINTER_KEPT);
    a = printer_add(&printer, "a", "./a.log", 13);
    printer_touch(a);
    check_out(&printer, "22:13:22.000 end\n");
    end(&printer);
    /* A line that nobody has seen before is seen now. Behind times, too, colours alone pass. */
    begin(&printer, PRINTER_TIMES | PRINTER_KEPT);
    a = printer_add(&printer, "a", "./a.log", 17);
    print(a, "\033[2Jmore\n");
    check_out(&printer, "22:13:23.000 more\n");
    end(&printer);
    /* An unfinished line is as old as its last byte, however late it is shown. */
    begin(&printer, PRINTER_TIMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "b.log", 0);
    print(a, "half");
    check_out(&printer, "");
    wall += second;
    printer_touch(a);
    check_out(&printer, "");
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "22:13:23.000 half");
    print(a, "\n");
    check_out(&printer, "\n");
    end(&printer);
}

/* The times of a log on another machine come with it. */
static void lines_elsewhere_have_their_times(void)
{
    struct times_mark      mark = {.end = 4, .time = wall - (int64_t) 13 * 60 * 1000000000};
    struct log_buffer      buffer;
    struct printer         printer;
    struct printer_source *a;

    CHECK(setenv("TZ", "UTC", 1) == 0);
    CHECK_EQUAL(log_buffer_open(&buffer), 0);
    begin(&printer, PRINTER_TIMES | PRINTER_KEPT);
    a = printer_add_buffer(&printer, "a", "a.log", &buffer);
    CHECK_EQUAL(log_buffer_add(&buffer, 0, "one\ntwo\n", 8, false), 0);
    CHECK_EQUAL(log_buffer_add_time(&buffer, &mark), 0);
    printer_touch(a);
    check_out(&printer, "22:00:20.000 one\n22:13:20.000 two\n");
    end(&printer);
    log_buffer_close(&buffer);
}

/* The rest of a line that is shown already ends that line alone, and does not get into the name. */
static void an_unfinished_line_goes_on(void)
{
    struct printer         printer;
    struct printer_source *a, *b;

    begin(&printer, PRINTER_NAMES | PRINTER_PARTIAL);
    a = printer_add(&printer, "a", "a.log", 0);
    b = printer_add(&printer, "b", "b.log", 0);
    print(a, "half");
    CHECK_EQUAL(printer_fill(&printer), 0);
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "a | half");
    print(a, "\n\n");
    check_out(&printer, "\na | \n");
    print(a, "ab");
    CHECK_EQUAL(printer_fill(&printer), 0);
    now += 1;
    CHECK_EQUAL(printer_fill(&printer), 0);
    check_out(&printer, "a | ab");
    print(b, "x\n");
    check_out(&printer, "\nb | x\n");
    print(a, "\bc\n");
    check_out(&printer, "a | c\n");
    end(&printer);
}

/* A name of any length stands before each line. */
static void a_name_may_be_long(void)
{
    struct printer         printer;
    struct printer_source *a;
    char                   name[1000], wanted[3000];

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, name, "a.log", 0);
    print(a, "one\ntwo\n");
    (void) snprintf(wanted, sizeof(wanted), "%s | one\n%s | two\n", name, name);
    check_out(&printer, wanted);
    end(&printer);
}

/* The bytes of a log with short lines are read little more than once. A log that is over is closed. */
static void logs_are_read_once(void)
{
    struct printer         printer;
    struct printer_source *a;
    int                    before;
    FILE                  *file = fopen("a.log", "we");

    CHECK(file != NULL);
    for (int i = 0; i < 10000; i++)
        CHECK(fprintf(file, "%s", many(99, true)) == 100);
    CHECK_EQUAL(fclose(file), 0);
    begin(&printer, PRINTER_NAMES);
    before = test_count_open();
    a = printer_add(&printer, "a", "a.log", 0);
    printer_touch(a);
    check_size(&printer, 1040000);
    CHECK(bytes_read >= 1000000 && bytes_read < 1010000);
    printer_end(a);
    check_out(&printer, "");
    CHECK_EQUAL(test_count_open(), before);
    end(&printer);
}

/* The rest of a long line goes when output is dropped. */
static void a_long_line_is_dropped(void)
{
    struct printer         printer;
    struct printer_source *a;

    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, many(600000, true));
    CHECK_EQUAL(printer_fill(&printer), 0);
    printer_discard(&printer);
    CHECK(printer_is_idle(&printer));
    check_out(&printer, "");
    printer_close(&printer);
}

/* No more is taken while 256 KiB wait. */
static void no_more_is_taken_than_is_written(void)
{
    struct printer         printer;
    struct printer_source *a;

    begin(&printer, PRINTER_RAW);
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, many(600000, true));
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK_EQUAL(printer.ready.size, 256 * 1024);
    check_size(&printer, 600001);
    end(&printer);
}

static int         heard_fd;
static const char *heard_data;
static size_t      heard_size;

static void hear(int fd, const char *data, size_t size)
{
    heard_fd = fd;
    heard_data = data;
    heard_size = size;
}

/* Checks that the next bytes of the pipe FD are those from NUMBER on, and returns the number behind them. */
static size_t check_bytes(int fd, size_t number)
{
    static unsigned char bytes[100000];
    ssize_t              n = read(fd, bytes, sizeof(bytes));

    CHECK(n > 0);
    for (ssize_t i = 0; i < n; i++)
        CHECK_EQUAL(bytes[i], (number + (size_t) i) % 251);
    return number + (size_t) n;
}

/* Bytes are written from the first one on, each once, in pieces that are announced, or all that are left. */
static void bytes_are_written_once(void)
{
    struct printer         printer;
    struct printer_source *a;
    FILE                  *file = fopen("a.log", "we");
    int                    ends[2];
    size_t                 number;

    CHECK(file != NULL && pipe2(ends, O_CLOEXEC) == 0);
    for (int i = 0; i < 20000; i++)
        CHECK(fputc(i % 251, file) != EOF);
    CHECK_EQUAL(fclose(file), 0);
    printer_open(&printer, ends[1], PRINTER_RAW | PRINTER_EXACT);
    output_set_listener(hear);
    errno = EIO; /* of a call before */
    CHECK_EQUAL(printer_write(&printer), 0);
    printer_discard(&printer); /* nothing */
    a = printer_add(&printer, "a", "a.log", 0);
    printer_touch(a);
    CHECK_EQUAL(printer_fill(&printer), 0);
    for (number = 0; number < 8192;) {
        CHECK_EQUAL(printer_write(&printer), 0);
        CHECK(heard_fd == ends[1] && heard_size == PIPE_BUF &&
              heard_data == printer.ready.data + number);
        number = check_bytes(ends[0], number);
        CHECK_EQUAL(number % PIPE_BUF, 0);
    }
    CHECK_EQUAL(printer_drain(&printer), 0);
    CHECK_EQUAL(check_bytes(ends[0], number), 20000);
    append("a.log", "\253"); /* 20000 % 251 */
    printer_touch(a);
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK_EQUAL(printer_write(&printer), 0);
    CHECK_EQUAL(check_bytes(ends[0], 20000), 20001);
    CHECK_EQUAL(printer.ready.size, 0); /* there is room for as many bytes as before */
    CHECK_EQUAL(printer_write(&printer), 0);
    close(ends[1]);
    CHECK_EQUAL(read(ends[0], &number, 1), 0);
    close(ends[0]);
    printer_close(&printer);
}

TEST_MAIN({"emptied", an_emptied_log_is_read_anew}, {"waits", a_line_waits_as_long_as_it_should},
          {"limit", nothing_is_printed_behind_a_limit}, {"full", a_full_buffer_is_emptied},
          {"runs", a_run_ends_the_line_before}, {"times", lines_have_their_times},
          {"far-times", lines_elsewhere_have_their_times},
          {"unfinished", an_unfinished_line_goes_on}, {"names", a_name_may_be_long},
          {"once", logs_are_read_once}, {"dropped", a_long_line_is_dropped},
          {"most", no_more_is_taken_than_is_written}, {"written", bytes_are_written_once})
