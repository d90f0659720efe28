/*
 * Tests where a printer begins in a log (printer_open_source() of cli/view/printer.h): at its last lines, or behind it.
 */
#include "tests/lib/test.h"

#include "cli/place/run_marks.h"
#include "cli/view/printer.h"

static struct printer printer;

/* Appends TEXT to the log. */
static void append(const char *text)
{
    int fd = open("a.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static struct printer_source *begin(off_t offset)
{
    int fd = open("out", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    printer_open(&printer, fd, PRINTER_NAMES);
    return printer_add(&printer, "a", "a.log", offset);
}

/* Checks what SOURCE prints now. */
static void check_printed(struct printer_source *source, const char *wanted)
{
    char    bytes[512];
    ssize_t n;

    printer_touch(source);
    CHECK_EQUAL(printer_drain(&printer), 0);
    n = pread(printer.fd, bytes, sizeof(bytes) - 1, 0);
    CHECK(n >= 0);
    bytes[n] = '\0';
    if (strcmp(bytes, wanted) != 0) {
        fprintf(stderr, "'%s', not '%s'\n", bytes, wanted);
        test_fail(__FILE__, __LINE__, "what was printed");
    }
    CHECK_EQUAL(ftruncate(printer.fd, 0), 0);
}

/* Ends the printer, which leaves no descriptor open besides OPEN. */
static void end(int open)
{
    printer_close(&printer);
    close(printer.fd);
    CHECK_EQUAL(test_count_open(), open);
}

/* Checks what is printed of a log of four lines from its last LINES lines on, and then of one more line. */
static void check_last(unsigned long long lines, const char *wanted)
{
    int                    open = test_count_open();
    struct printer_source *a = begin(0);

    unlink("a.log");
    append("one\ntwo\nthree\nfour\n");
    CHECK_EQUAL(printer_open_source(a, true, lines), 0);
    check_printed(a, wanted);
    append("five\n");
    check_printed(a, "a | five\n");
    end(open);
}

static void the_last_lines_are_printed(void)
{
    int                    open = test_count_open();
    struct printer_source *a;

    check_last(2, "a | three\na | four\n");
    check_last(1, "a | four\n");
    check_last(0, "");
    check_last(100, "a | one\na | two\na | three\na | four\n");
    /* Without a number, the log is printed from where it is to begin. A log that is not there comes later. */
    a = begin(14);
    CHECK_EQUAL(printer_open_source(a, false, 0), 0);
    check_printed(a, "a | four\na | five\n");
    end(open);
    unlink("a.log");
    a = begin(4);
    CHECK_EQUAL(printer_open_source(a, true, 1), -ENOENT);
    check_printed(a, "");
    append("one\ntwo\n");
    check_printed(a, "a | two\n");
    end(open);
}

/* Checks what is printed of a log whose second run begins at OFFSET, from the last LINES lines on. */
static void check_run(off_t offset, unsigned long long lines, const char *wanted)
{
    struct run_mark        mark = {.offset = offset, .run = 2, .time = 1, .how = "exit 1"};
    int                    open = test_count_open();
    struct printer_source *a = begin(0);

    unlink("a.log");
    append("one\ntwo\n");
    CHECK(run_marks_add("a.runs", &mark, true) >= 0);
    CHECK_EQUAL(printer_show_runs(a, "a.runs"), 0);
    CHECK_EQUAL(printer_open_source(a, true, lines), 0);
    append("three\n");
    check_printed(a, wanted);
    end(open);
}

/* The runs that begin in what is printed are announced. With no lines, one that has begun already is not. */
static void runs_are_announced_from_there_on(void)
{
    check_run(4, 1, "a | --- run 2, after exit 1 ---\na | two\na | three\n");
    check_run(8, 1, "a | two\na | --- run 2, after exit 1 ---\na | three\n");
    check_run(8, 0, "a | three\n");
    check_run(14, 0, "a | three\na | --- run 2, after exit 1 ---\n");
    check_run(4, 0, "a | three\n");
}

TEST_MAIN({"lines", the_last_lines_are_printed}, {"runs", runs_are_announced_from_there_on})
