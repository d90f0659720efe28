/*
 * A printer (cli/view/printer.h) whose output is a file. Logs and output are in the current directory. The time is what
 * the program says.
 */
#ifndef PRINTED_H
#define PRINTED_H

#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/view/printer.h"

#include <sys/stat.h>

static double now = 1000;

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

/* Returns COUNT bytes x, and a newline if IS_LINE. */
static inline const char *many(size_t count, bool is_line)
{
    static char bytes[1200000];

    CHECK(count + 1 < sizeof(bytes));
    memset(bytes, 'x', count);
    bytes[count] = '\n';
    bytes[count + is_line] = '\0';
    return bytes;
}

/* Appends TEXT to the log at PATH. */
static inline void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static inline void begin(struct printer *printer, unsigned flags)
{
    int fd = open("out", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    printer_open(printer, fd, flags);
}

/* Checks what was printed since the last call. */
static inline void check_out(struct printer *printer, const char *wanted)
{
    static char bytes[300000];
    ssize_t     n;

    CHECK_EQUAL(printer_drain(printer), 0);
    n = pread(printer->fd, bytes, sizeof(bytes) - 1, 0);
    CHECK(n >= 0);
    bytes[n] = '\0';
    if (strcmp(bytes, wanted) != 0) {
        fprintf(stderr, "'%s', not '%s'\n", bytes, wanted);
        test_fail(__FILE__, __LINE__, "what was printed");
    }
    CHECK_EQUAL(ftruncate(printer->fd, 0), 0);
}

/* Checks how many bytes were printed since the last call. */
static inline void check_size(struct printer *printer, off_t wanted)
{
    struct stat info;

    CHECK_EQUAL(printer_drain(printer), 0);
    CHECK_EQUAL(fstat(printer->fd, &info), 0);
    CHECK_EQUAL(info.st_size, wanted);
    CHECK_EQUAL(ftruncate(printer->fd, 0), 0);
}

/* Appends TEXT to the log of SOURCE, and says so. */
static inline void print(struct printer_source *source, const char *text)
{
    append(source->path, text);
    printer_touch(source);
}

static inline void end(struct printer *printer)
{
    printer_end_all(printer);
    check_out(printer, "");
    CHECK(printer_is_idle(printer));
    printer_close(printer);
    close(printer->fd);
}

#endif
