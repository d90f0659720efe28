/*
 * Tests the sources of a printer (cli/view/printer_source.h): when their files are opened and closed, the marks that come
 * with a log, and what is done without memory.
 */
#include "tests/lib/heap.h"
#include "tests/lib/test.h"
#include "tests/parts/view/printed.h"

#include "cli/place/log_buffer.h"
#include "cli/place/run_marks.h"

static bool lacks_memory;
static int  calls_left = -1; /* calls for memory that succeed before one fails; negative: all do */

/* Returns true if the call for memory that is made now fails. */
static bool fails(void)
{
    if (calls_left < 0)
        return lacks_memory;
    return calls_left-- == 0;
}

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size)
{
    return fails() ? NULL : __real_realloc(data, size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* The runs on another machine come with the log. */
static void runs_elsewhere_are_announced(void)
{
    struct run_mark        mark = {.offset = 4, .run = 2, .how = "exit 1"};
    struct log_buffer      buffer;
    struct printer         printer;
    struct printer_source *a;

    CHECK_EQUAL(log_buffer_open(&buffer), 0);
    begin(&printer, PRINTER_NAMES);
    a = printer_add_buffer(&printer, "a", "a.log", &buffer);
    printer_show_buffered_runs(a);
    CHECK_EQUAL(log_buffer_add(&buffer, 0, "one\ntwo\n", 8, false), 0);
    CHECK(run_marks_append(buffer.marks, &mark));
    printer_touch(a);
    check_out(&printer, "a | one\na | --- run 2, after exit 1 ---\na | two\n");
    end(&printer);
    log_buffer_close(&buffer);
}

/* A log is opened when it has its first byte. */
static void an_empty_log_is_not_opened(void)
{
    struct printer         printer;
    struct printer_source *a;
    int                    before;

    begin(&printer, PRINTER_NAMES);
    before = test_count_open();
    a = printer_add(&printer, "a", "a.log", 0);
    print(a, "");
    check_out(&printer, "");
    CHECK_EQUAL(test_count_open(), before);
    print(a, "x");
    printer_end(a);
    check_out(&printer, "a | x\n");
    end(&printer);
}

/* Checks that no source is added if the call number CALLS for memory fails. */
static void check_not_added(struct printer *printer, int calls)
{
    calls_left = calls;
    CHECK(printer_add(printer, "a", "a.log", 0) == NULL);
    CHECK_EQUAL(calls_left, -1);
}

/* A source for which there is no memory is not added. All memory is given back in the end. */
static void a_source_takes_memory(void)
{
    struct printer         printer;
    struct printer_source *a;
    size_t                 used[20]; /* the C library keeps some memory at first */

    begin(&printer, PRINTER_NAMES | PRINTER_KEPT);
    for (int i = 0; i < 20; i++) {
        for (int calls = 0; calls < 4; calls++)
            check_not_added(&printer, calls);
        a = printer_add(&printer, "a", "a.log", 0);
        calls_left = 0;
        CHECK_EQUAL(printer_show_runs(a, "a.runs"), -ENOMEM);
        CHECK_EQUAL(printer_show_runs(a, "a.runs"), 0);
        printer_remove(a);
        used[i] = heap_allocated();
    }
    CHECK_EQUAL(used[19], used[15]);
    end(&printer);
}

/* Bytes for which there is no memory are not taken. */
static void bytes_without_memory_stay(void)
{
    struct printer         printer;
    struct printer_source *a;

    begin(&printer, PRINTER_RAW);
    a = printer_add(&printer, "a", "a.log", 0);
    a->limit = 10000;
    print(a, many(600000, false));
    CHECK_EQUAL(printer_fill(&printer), 0);
    a->limit = -1;
    printer_touch(a);
    lacks_memory = true;
    CHECK_EQUAL(printer_fill(&printer), -ENOMEM);
    CHECK(printer.ready.size > 10000 && printer.ready.size <= printer.ready.capacity);
    CHECK_EQUAL(a->begin, printer.ready.size);
    CHECK_EQUAL(printer_drain(&printer), -ENOMEM);
    CHECK_EQUAL(lseek(printer.fd, 0, SEEK_END), 0);
    lacks_memory = false;
    printer_close(&printer);
    begin(&printer, PRINTER_NAMES);
    a = printer_add(&printer, "a", "b.log", 0);
    print(a, "one\ntwo\n");
    lacks_memory = true;
    CHECK_EQUAL(printer_fill(&printer), -ENOMEM);
    lacks_memory = false;
    printer_close(&printer);
}

TEST_MAIN({"far-runs", runs_elsewhere_are_announced}, {"empty", an_empty_log_is_not_opened},
          {"added", a_source_takes_memory}, {"memory", bytes_without_memory_stay})
