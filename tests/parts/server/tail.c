/* Tests which part of a log a reply quotes. */
#include "tests/lib/test.h"

#include "cli/server/record.h"
#include "cli/server/tail.h"

#include <jansson.h>

#define TEXT_MAX (64 * 1024)

/* Makes the file log, of SIZE bytes of TEXT. */
static void write_log(const char *text, size_t size)
{
    int fd = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, size), size);
    close(fd);
}

/* Checks the last LINES lines of the log from START on. */
static void check_tail(off_t start, json_int_t lines, const char *wanted)
{
    struct record record = {.job.output = (char *) "log", .now.output_start = start};
    json_t       *text = tail_of(&record, lines);

    CHECK(json_is_string(text));
    CHECK_TEXT(json_string_value(text), wanted);
    json_decref(text);
}

static void lines_are_quoted(void)
{
    write_log("one\n\ntwo\nthree", 14);
    check_tail(0, -1, "one\n\ntwo\nthree");
    check_tail(0, 0, "");
    check_tail(0, 1, "three");
    check_tail(0, 2, "two\nthree");
    check_tail(0, 3, "\ntwo\nthree");
    check_tail(0, 4, "one\n\ntwo\nthree");
    check_tail(0, 5, "one\n\ntwo\nthree");
    check_tail(5, 9, "two\nthree");
    check_tail(5, -1, "two\nthree");
    check_tail(14, -1, "");
    check_tail(14, 1, "");
    write_log("one\ntwo\n\n", 9);
    check_tail(0, 1, "\n");
    check_tail(0, 2, "two\n\n");
    check_tail(0, 3, "one\ntwo\n\n");
    write_log("\n", 1);
    check_tail(0, 1, "\n");
    write_log("", 0);
    check_tail(0, 1, "");
    CHECK_EQUAL(unlink("log"), 0);
    check_tail(0, 1, ""); /* there is none */
}

static void at_most_64_kib_are_quoted(void)
{
    struct record record = {.job.output = (char *) "log"};
    char         *bytes = malloc(TEXT_MAX + 9);
    json_t       *text;
    int           before = test_count_open();

    memset(bytes, 'x', TEXT_MAX + 9);
    bytes[TEXT_MAX + 8] = 'z';
    write_log(bytes, TEXT_MAX + 9);
    text = tail_of(&record, -1);
    CHECK_EQUAL(json_string_length(text), TEXT_MAX);
    CHECK_EQUAL(json_string_value(text)[TEXT_MAX - 1], 'z');
    json_decref(text);
    record.now.output_start = 8;
    text = tail_of(&record, -1);
    CHECK_EQUAL(json_string_length(text), TEXT_MAX);
    json_decref(text);
    record.now.output_start = 10;
    text = tail_of(&record, 1);
    CHECK_EQUAL(json_string_length(text), TEXT_MAX - 1);
    json_decref(text);
    free(bytes);
    CHECK_EQUAL(test_count_open(), before);
}

static void other_bytes_are_in_base64(void)
{
    struct record record = {.job.output = (char *) "log"};
    json_t       *text;

    write_log("a\n\377\n", 4);
    text = tail_of(&record, 1);
    CHECK_TEXT(json_string_value(json_object_get(text, "base64")), "/wo=");
    json_decref(text);
}

TEST_MAIN({"lines", lines_are_quoted}, {"most", at_most_64_kib_are_quoted},
          {"bytes", other_bytes_are_in_base64})
