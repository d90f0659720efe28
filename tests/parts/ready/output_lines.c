/* Tests the probe of a line of output (cli/ready/probe_line.c). */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/base/loop.h"
#include "cli/process/spawn.h"
#include "cli/ready/ready.h"

#include <math.h>
#include <poll.h>
#include <stdbool.h>

static bool no_memory;

/* The linker replaces these functions by the ones of this file: see the Makefile. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int   __real_close(int fd);
int   __wrap_close(int fd);

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : __real_calloc(count, size);
}

/* No descriptor is closed twice: another thread may have its number by then. */
int __wrap_close(int fd)
{
    int result = __real_close(fd);

    CHECK(result == 0 || errno != EBADF);
    return result;
}

/* Returns the lowest number that no descriptor has: it is the same as before if none was left open. */
static int lowest_free(void)
{
    int fd = dup(STDIN_FILENO);

    CHECK(fd >= 0);
    close(fd);
    return fd;
}

/* Waits until the descriptor of READY has an event, and looks. */
static bool check_at_event(struct ready *ready, struct spawn_plan *plan)
{
    struct pollfd pollfd = ready_poll(ready);

    CHECK(pollfd.fd >= 0);
    CHECK_EQUAL(poll(&pollfd, 1, -1), 1);
    return ready_check(ready, plan);
}

/* Adds the SIZE bytes of TEXT to the output. */
static void print(const char *text, size_t size)
{
    int fd = open("./output", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, size), size);
    close(fd);
}

/* Begins to look for EXPRESSION behind the bytes that the output has. */
static struct ready *look_for(const char *spec, struct spawn_plan *plan, off_t start)
{
    struct ready *ready;

    CHECK_EQUAL(ready_open(spec, &ready), 0);
    ready_begin(ready, plan, start);
    CHECK(ready_next(ready) == 0);
    return ready;
}

static void a_line_of_output_is_an_answer(void)
{
    struct spawn_plan plan = {.output = "./output"};
    struct ready     *ready;
    double            before;
    const int         open_before = test_count_open();

    unlink("./output");
    print("up 1\n", 5);
    ready = look_for("line:^up [0-9]$", &plan, 5); /* behind the lines of an earlier run */
    before = clock_monotonic();
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_has_tried(ready));
    CHECK(ready_next(ready) >= before + FILE_WATCH_PAUSE); /* nothing watches the file here */
    CHECK(ready_next(ready) <= clock_monotonic() + FILE_WATCH_PAUSE);
    CHECK_EQUAL(ready_poll(ready).fd, -1);
    print("not up 1\nup ", 12);
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_next(ready) == 0); /* more may have come */
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_next(ready) != 0);
    print("2\n", 2);
    CHECK(ready_check(ready, &plan));
    print("up 3\r\n", 6);
    CHECK(ready_check(ready, &plan));
    print("\n\r\nup 4\r\r\n", 10);
    CHECK(!ready_check(ready, &plan));
    ready_close(ready);
    CHECK_EQUAL(access("./output", F_OK), 0);
    unlink("./output");
    print("x\n\r\n", 4);
    ready = look_for("line:^$", &plan, 2);
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    unlink("./output");
    print("\n", 1);
    ready = look_for("line:^$", &plan, 0);
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    print("u", 1); /* half a line waits for its other half */
    ready = look_for("line:^up$", &plan, 1);
    CHECK(!ready_check(ready, &plan));
    print("p\n", 2);
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    CHECK_EQUAL(test_count_open(), open_before);
}

/* Checks whether the probe can be used with OUTPUT. */
static void check_ruled_out(const char *output, const char *wanted)
{
    struct spawn_plan plan = {.output = output};
    struct text       why = {0};
    struct ready     *ready;

    CHECK_EQUAL(ready_open("line:x", &ready), 0);
    CHECK_EQUAL(ready_rule_out(ready, &plan, &why), wanted[0] == '\0' ? 0 : -EINVAL);
    check_written(&why, wanted);
    ready_close(ready);
}

static void the_output_is_a_file(void)
{
    CHECK(ready_reads_log("line:x") && !ready_reads_log("cmd:line:x"));
    unlink("./output");
    check_ruled_out("./output", ""); /* there is none yet */
    print("x\n", 2);
    check_ruled_out("./output", "");
    check_ruled_out("/dev/null",
                    "--ready line:x reads the output, and '/dev/null' is no regular file");
    check_ruled_out(".", "--ready line:x reads the output, and '.' is no regular file");
}

/* Without memory for the expression there is never an answer; without memory for a look, the next one finds it. */
static void memory_may_be_missing(void)
{
    struct spawn_plan plan = {.output = "./output"};
    struct ready     *ready;
    struct text       why = {0};

    unlink("./output");
    print("up\n", 3);
    CHECK_EQUAL(ready_open("line:^up$", &ready), 0);
    no_memory = true;
    CHECK(!ready_is_valid("line:^up$", &why));
    check_written(&why, "no memory for the regular expression after \"line:\"");
    ready_begin(ready, &plan, 0);
    no_memory = false;
    CHECK(!ready_check(ready, &plan) && !ready_check(ready, &plan));
    CHECK(ready_has_tried(ready));
    ready_close(ready);
    ready = look_for("line:^up$", &plan, 0);
    no_memory = true;
    CHECK(!ready_check(ready, &plan));
    no_memory = false;
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
}

static bool round_is_over;

static double end_round(void)
{
    round_is_over = true;
    return 0;
}

static void a_watched_file_is_looked_at_when_it_has_changed(void)
{
    struct spawn_plan plan = {.output = "./output"};
    struct pollfd     pollfd;
    struct ready     *ready;
    int               before = lowest_free();

    CHECK_EQUAL(ready_open("line:x", &ready), 0);
    ready_close(ready); /* it was not begun */
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    unlink("./output");
    ready = look_for("line:^up$", &plan, 0);
    CHECK(!ready_check(ready, &plan)); /* there is no such file */
    CHECK(ready_has_tried(ready));
    ready_finish(ready);
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_is_over(ready));
    ready_close(ready);
    CHECK_EQUAL(lowest_free(), before);
    CHECK_EQUAL(loop_open(), 0);
    file_watch_begin();
    print("a\n", 2);
    ready = look_for("line:^up$", &plan, 0);
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_poll(ready).fd >= 0);
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_next(ready) == INFINITY);
    pollfd = ready_poll(ready);
    CHECK(pollfd.fd >= 0 && pollfd.events == POLLIN);
    CHECK_EQUAL(poll(&pollfd, 1, 0), 0);
    print("up\n", 3);
    CHECK_EQUAL(loop_run(&round_is_over, end_round, NULL), 0);
    CHECK(check_at_event(ready, &plan));
    ready_close(ready);
    file_watch_end();
}

static void the_last_line_needs_no_newline_when_the_command_has_ended(void)
{
    struct spawn_plan plan = {.output = "./output"};
    struct ready     *ready;

    unlink("./output");
    print("a\nup", 4);
    ready = look_for("line:^up$", &plan, 0);
    CHECK(!ready_check(ready, &plan));
    CHECK(!ready_check(ready, &plan));
    CHECK(!ready_is_over(ready));
    ready_finish(ready);
    CHECK(ready_next(ready) == 0);
    CHECK(!ready_is_over(ready));
    CHECK(ready_check(ready, &plan));
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_is_over(ready));
    ready_close(ready);
    unlink("./output");
    print("a\nu", 3);
    ready = look_for("line:^u$", &plan, 0);
    CHECK(!ready_check(ready, &plan));
    ready_finish(ready);
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    ready = look_for("line:x", &plan, 0);
    ready_finish(ready);
    CHECK(!ready_check(ready, &plan));
    CHECK(!ready_is_over(ready)); /* there was something */
    CHECK(!ready_check(ready, &plan));
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_is_over(ready));
    ready_close(ready);
}

static void a_longer_line_is_matched_in_parts(void)
{
    static char       bytes[8192];
    struct spawn_plan plan = {.output = "./output"};
    struct ready     *ready;

    unlink("./output");
    memset(bytes, 'x', sizeof(bytes));
    bytes[4094] = 'a'; /* the last byte of a part gives way to the end of its line */
    bytes[4096] = 'b';
    print(bytes, sizeof(bytes));
    for (int i = 0; i < 2; i++) {
        ready = look_for("line:a$", &plan, 0);
        if (i == 1)
            ready_finish(ready); /* that changes nothing */
        CHECK(ready_check(ready, &plan));
        ready_close(ready);
    }
    ready = look_for("line:^b", &plan, 0);
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
    print("\nend\n", 5);
    ready = look_for("line:^end$", &plan, 0);
    CHECK(!ready_check(ready, &plan));
    CHECK(!ready_check(ready, &plan));
    CHECK(ready_check(ready, &plan));
    ready_close(ready);
}

TEST_MAIN({"lines", a_line_of_output_is_an_answer}, {"file", the_output_is_a_file},
          {"no-memory", memory_may_be_missing},
          {"watched", a_watched_file_is_looked_at_when_it_has_changed},
          {"last-line", the_last_line_needs_no_newline_when_the_command_has_ended},
          {"long-line", a_longer_line_is_matched_in_parts})
