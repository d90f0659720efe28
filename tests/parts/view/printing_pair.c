/* Tests a printer that prints much output with two threads (cli/view/printer_pair.h). */
#include "tests/parts/view/printed.h"

#include "cli/view/output.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define LINES     500000 /* of each log; 16 bytes each with the name */
#define LINE_SIZE ((size_t) 12)
#define ALL_SIZE  ((size_t) 2 * LINES * (LINE_SIZE + 4))

/* The way in which writes to the output, whose descriptor is `fd`, are played. */
static struct {
    int         fd;
    pthread_t   owner;
    unsigned    by_owner, by_helper; /* how many writes each has done */
    unsigned    failing;             /* the write that fails with ENOSPC; 0: none */
    bool        is_short;            /* the next write takes one byte */
    size_t      most;                /* the size of the largest */
    atomic_bool holds;               /* the helper's writes wait for `pass` */
    sem_t       pass;
} writes;

static unsigned threads;
static int      thread_error;
static bool     lacks_memory; /* for blocks, in the helper */

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    if (fd != writes.fd || size == 0)
        return __real_write(fd, data, size);
    if (pthread_equal(pthread_self(), writes.owner)) {
        writes.by_owner++;
    } else {
        writes.by_helper++;
        if (writes.holds)
            CHECK_EQUAL(sem_wait(&writes.pass), 0);
    }
    if (writes.is_short)
        size = 1;
    writes.is_short = false;
    if (size > writes.most)
        writes.most = size;
    if (writes.by_owner + writes.by_helper != writes.failing)
        return __real_write(fd, data, size);
    errno = ENOSPC;
    return -1;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return lacks_memory && !pthread_equal(pthread_self(), writes.owner) ? NULL
                                                                        : __real_malloc(size);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context)
{
    threads++;
    return thread_error != 0 ? thread_error
                             : __real_pthread_create(thread, attributes, work, context);
}

/* Writes COUNT numbered lines to the log at PATH. */
static void fill_log(const char *path, int count)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL);
    for (int i = 0; i < count; i++)
        CHECK(fprintf(file, "line %06d\n", i) == (int) LINE_SIZE);
    CHECK_EQUAL(fclose(file), 0);
}

static void touch_log(struct printer *printer, const char *name, const char *path)
{
    struct printer_source *source = printer_add(printer, name, path, 0);

    CHECK(source != NULL);
    printer_touch(source);
}

/* Opens PRINTER for a file, with two logs of COUNT lines each. */
static void begin_two(struct printer *printer, unsigned flags, int count)
{
    begin(printer, flags);
    writes.fd = printer->fd;
    writes.owner = pthread_self();
    fill_log("a.log", count);
    fill_log("b.log", count);
    touch_log(printer, "a", "a.log");
    touch_log(printer, "b", "b.log");
}

/* Takes lines, waits as the printer says, and writes, once. Returns what printer_write() does. */
static int step(struct printer *printer)
{
    struct pollfd wanted;

    CHECK_EQUAL(printer_fill(printer), 0);
    wanted = printer_poll(printer);
    CHECK(printer_is_idle(printer) || wanted.events != 0);
    CHECK(poll(&wanted, 1, printer_is_idle(printer) ? 0 : -1) >= 0);
    return printer_write(printer);
}

static int print_all(struct printer *printer)
{
    int error = 0;

    do
        error = step(printer);
    while (error == 0 && !printer_is_idle(printer));
    return error;
}

/* Steps until the helper is busy. */
static void step_to_two(struct printer *printer)
{
    do
        CHECK_EQUAL(step(printer), 0);
    while (printer_poll(printer).events != POLLIN);
}

/* Checks that the output has all lines of each log, in order, and nothing else. */
static void check_lines(int fd)
{
    FILE *file = fdopen(dup(fd), "re");
    int   next[2] = {0, 0}, number;
    char  name;

    CHECK(file != NULL);
    rewind(file);
    while (fscanf(file, "%c | line %d\n", &name, &number) == 2) {
        CHECK(name == 'a' || name == 'b');
        CHECK_EQUAL(number, next[name - 'a']++);
    }
    CHECK(feof(file) && next[0] == LINES && next[1] == LINES);
    CHECK_EQUAL(ftell(file), ALL_SIZE);
    CHECK_EQUAL(fclose(file), 0);
}

static struct {
    pthread_t owner;
    size_t    size;
} heard;

static void hear(int fd, const char *data, size_t size)
{
    CHECK(fd == writes.fd && data != NULL);
    CHECK(pthread_equal(pthread_self(), heard.owner));
    heard.size += size;
}

/* Two threads write what one would, in blocks of a bounded size, which the owner announces. */
static void two_threads_print_in_order(void)
{
    struct printer printer;

    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    heard.owner = pthread_self();
    output_set_listener(hear);
    CHECK_EQUAL(print_all(&printer), 0);
    output_set_listener(NULL);
    check_lines(printer.fd);
    CHECK_EQUAL(heard.size, ALL_SIZE);
    CHECK_EQUAL(threads, 1);
    CHECK(writes.by_helper >= 3 && writes.by_helper <= writes.by_owner);
    CHECK(writes.most >= 1 << 20 && writes.most < (1 << 20) + (1 << 18));
    CHECK(!printer_is_ready(&printer) && printer_poll(&printer).events == 0);
    CHECK_EQUAL(printer_poll(&printer).fd, printer.fd);
    printer_close(&printer);
}

/* One thread prints what is little, what nobody wished to be printed by two, and all that goes to a pipe. */
static void one_thread_prints_the_rest(void)
{
    struct printer printer;
    int            ends[2];

    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, 130000);
    CHECK_EQUAL(print_all(&printer), 0);
    printer_close(&printer);
    begin_two(&printer, PRINTER_NAMES, LINES);
    CHECK_EQUAL(print_all(&printer), 0);
    CHECK_EQUAL(threads, 0);
    check_lines(printer.fd);
    printer_close(&printer);
    CHECK_EQUAL(pipe(ends), 0);
    printer_open(&printer, ends[1], PRINTER_NAMES | PRINTER_TWO);
    touch_log(&printer, "a", "a.log");
    for (size_t got = 0; got < ALL_SIZE / 2;) {
        static char bytes[65536];

        CHECK_EQUAL(step(&printer), 0);
        got += (size_t) read(ends[0], bytes, sizeof(bytes));
    }
    printer_close(&printer);
    CHECK_EQUAL(threads, 0);
}

static void one_thread_prints_if_there_is_no_other(void)
{
    struct printer printer;

    thread_error = EAGAIN;
    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    CHECK_EQUAL(print_all(&printer), 0);
    CHECK_EQUAL(threads, 1);
    check_lines(printer.fd);
    printer_close(&printer);
}

/* While the helper writes, a bounded number of bytes is taken, and nothing is written. */
static void a_slow_write_is_waited_for(void)
{
    struct printer printer;
    struct pollfd  wanted;

    CHECK_EQUAL(sem_init(&writes.pass, 0, 0), 0);
    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    writes.holds = true;
    step_to_two(&printer);
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK_EQUAL(printer_fill(&printer), 0);
    CHECK(printer.ready.size >= 1 << 20 && printer.ready.size < (1 << 20) + (1 << 18));
    wanted = printer_poll(&printer);
    CHECK(wanted.events == POLLIN && poll(&wanted, 1, 0) == 0);
    writes.holds = false;
    CHECK_EQUAL(sem_post(&writes.pass), 0);
    CHECK_EQUAL(print_all(&printer), 0);
    check_lines(printer.fd);
    printer_close(&printer);
}

/* A printer is not idle while the helper writes the last bytes. */
static void the_last_bytes_are_waited_for(void)
{
    struct printer printer;
    struct pollfd  wanted;

    CHECK_EQUAL(sem_init(&writes.pass, 0, 0), 0);
    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    writes.holds = true;
    step_to_two(&printer);
    while (!printer_is_idle(&printer)) {
        CHECK_EQUAL(printer_fill(&printer), 0);
        if (printer_poll(&printer).events == POLLIN) {
            wanted = printer_poll(&printer);
            CHECK(!printer_is_idle(&printer) && poll(&wanted, 1, 0) == 0);
            CHECK_EQUAL(sem_post(&writes.pass), 0);
            CHECK_EQUAL(poll(&wanted, 1, -1), 1);
            CHECK(!printer_is_idle(&printer));
        }
        CHECK_EQUAL(printer_write(&printer), 0);
    }
    check_lines(printer.fd);
    printer_close(&printer);
}

/* A short write goes on where it ended, even if so much comes meanwhile that two threads print it. */
static void a_short_write_goes_on(void)
{
    struct printer         printer;
    struct printer_source *c;

    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    CHECK_EQUAL(print_all(&printer), 0);
    check_lines(printer.fd);
    CHECK_EQUAL(ftruncate(printer.fd, 0), 0);
    (void) unlink("c.log");
    append("c.log", "short\n");
    c = printer_add(&printer, "c", "c.log", 0);
    CHECK(c != NULL);
    printer_touch(c);
    writes.is_short = true;
    CHECK_EQUAL(step(&printer), 0);
    CHECK(!writes.is_short && printer.written == 1);
    for (int i = 0; i < 3; i++)
        append("c.log", many(1100000, true));
    printer_touch(c);
    CHECK_EQUAL(step(&printer), 0);
    CHECK_EQUAL(printer_poll(&printer).events, POLLIN);
    check_size(&printer, 10 + 3 * 1100005);
    printer_close(&printer);
}

/* Bytes that wait, or that the helper writes, can be drained, and dropped. */
static void two_threads_come_to_an_end(void)
{
    struct printer printer;
    int            before = test_count_open();

    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    step_to_two(&printer);
    CHECK_EQUAL(printer_drain(&printer), 0);
    CHECK(printer_is_idle(&printer));
    check_lines(printer.fd);
    printer_close(&printer);
    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    step_to_two(&printer);
    CHECK_EQUAL(printer_fill(&printer), 0);
    printer_discard(&printer);
    CHECK(printer_is_idle(&printer));
    printer_close(&printer);
    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    step_to_two(&printer);
    printer_close(&printer);
    CHECK_EQUAL(test_count_open(), before + 3); /* the outputs */
}

/* A write that fails, of either thread, is reported, and what is left can be dropped. */
static void failed_writes_are_reported(void)
{
    for (unsigned failing = 14; failing < 24; failing++) {
        struct printer printer;
        unsigned       count;

        writes.failing = 0;
        begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
        count = writes.by_owner + writes.by_helper;
        writes.failing = count + failing;
        CHECK_EQUAL(print_all(&printer), -ENOSPC);
        printer_discard(&printer);
        CHECK(printer_is_idle(&printer) && printer_write(&printer) == 0);
        CHECK_EQUAL(writes.by_owner + writes.by_helper, writes.failing);
        printer_close(&printer);
    }
    CHECK(writes.by_helper > 2);
}

/* If the helper has no memory to take the next block, that is reported. */
static void a_lack_of_memory_is_reported(void)
{
    struct printer printer;

    begin_two(&printer, PRINTER_NAMES | PRINTER_TWO, LINES);
    lacks_memory = true;
    CHECK_EQUAL(print_all(&printer), -ENOMEM);
    CHECK_EQUAL(threads, 1);
    printer_discard(&printer);
    CHECK(printer_is_idle(&printer));
    printer_close(&printer);
}

TEST_MAIN({"order", two_threads_print_in_order}, {"little", one_thread_prints_the_rest},
          {"alone", one_thread_prints_if_there_is_no_other}, {"slow", a_slow_write_is_waited_for},
          {"short", a_short_write_goes_on}, {"last", the_last_bytes_are_waited_for},
          {"ends", two_threads_come_to_an_end}, {"failed", failed_writes_are_reported},
          {"memory", a_lack_of_memory_is_reported})
