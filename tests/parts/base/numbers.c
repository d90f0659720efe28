/* Tests functions of the program that read and write numbers, times and sizes. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/duration.h"
#include "cli/base/number.h"
#include "cli/base/size.h"
#include "cli/base/text.h"
#include "cli/rpc/write.h"

#include <math.h>

static void numbers_are_read(void)
{
    static const char *const none[] = {"",   " 3",  "3 ", "+3", "-3",
                                       "3x", "0x3", "2",  "8",  "18446744073709551616"};
    uint64_t                 number = 99;

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CHECK(!number_parse(none[i], 3, 7, &number));
    CHECK(!number_parse(none[9], 0, UINT64_MAX, &number));
    CHECK_EQUAL(number, 99);
    CHECK(number_parse("3", 3, 7, &number) && number == 3);
    CHECK(number_parse("007", 3, 7, &number) && number == 7);
    CHECK(number_parse("18446744073709551615", 0, UINT64_MAX, &number) && number == UINT64_MAX);
}

static void durations_are_read(void)
{
    static const struct {
        const char *text;
        double      seconds;
    } table[] = {{"0", 0},     {"12", 12},     {"1.5", 1.5},  {".5", 0.5},  {"5.", 5},
                 {"7s", 7},    {"200ms", 0.2}, {"2m", 120},   {"1h", 3600}, {"1d", 86400},
                 {"1e2", 100}, {"0.5m", 30},   {"1e2ms", 0.1}};
    static const char *const none[] = {"",      " 1",  "-1", "+1", "nan", "inf",
                                       "0x1",   "0X1", "1x", "1S", "1 ",  "1mm",
                                       "1e999", ".",   ".s", "s",  "1s2", "1e308d"};
    double                   seconds = 7;
    char                     half[] = "x.5";

    CHECK_EQUAL(duration_parse(half + 1, &seconds), 0);
    CHECK(seconds == 0.5);
    seconds = 7;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CHECK_EQUAL(duration_parse(none[i], &seconds), -EINVAL);
    CHECK(seconds == 7);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CHECK_EQUAL(duration_parse(table[i].text, &seconds), 0);
        CHECK(fabs(seconds - table[i].seconds) < 1e-12);
    }
}

static void durations_are_written(void)
{
    static const struct {
        double      seconds;
        const char *text;
    } table[] = {{0, "0.0s"},
                 {-1, "0.0s"},
                 {NAN, "0.0s"},
                 {0.04, "0.0s"},
                 {0.06, "0.1s"},
                 {1.24, "1.2s"},
                 {9.96, "10.0s"},
                 {59.94, "59.9s"},
                 {59.95, "1m00s"},
                 {59.96, "1m00s"},
                 {60.9, "1m00s"},
                 {60.96, "1m01s"},
                 {125, "2m05s"},
                 {3599, "59m59s"},
                 {3600, "1h00m"},
                 {3659, "1h00m"},
                 {3660, "1h01m"},
                 {86399, "23h59m"},
                 {86400, "1d00h"},
                 {89999, "1d00h"},
                 {90000, "1d01h"},
                 {8639999, "99d23h"},
                 {1e15, "11574074074d01h"},
                 {INFINITY, "11574074074d01h"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct text text = {0};

        duration_add(&text, table[i].seconds);
        check_written(&text, table[i].text);
    }
}

static void sizes_are_written(void)
{
    static const struct {
        uint64_t    bytes;
        const char *words;
    } sizes[] = {
        {0, "0"},
        {1023, "1023"},
        {1024, "1.0K"},
        {10 * 1024 - 52, "9.9K"},
        {10 * 1024 - 51, "10K"},
        {10650, "10K"},
        {10752, "11K"},
        {999 * 1024, "999K"},
        {1000 * 1024, "1.0M"},
        {UINT64_C(5242880), "5.0M"},
        {UINT64_C(3) << 40, "3.0T"},
        {UINT64_C(999) << 50, "999P"},
        {UINT64_MAX, "16E"},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct text text = {0};

        size_add(&text, sizes[i].bytes);
        text_byte(&text, '\0', 1);
        CHECK_EQUAL(strcmp(text.data, sizes[i].words), 0);
        text_release(&text);
    }
}

static void numbers_are_written(void)
{
    static const struct {
        double      seconds;
        const char *text;
    } table[] = {{0, "0.0"},
                 {1.5, "1.5"},
                 {-1.25, "-1.25"},
                 {10, "10.0"},
                 {100.000001, "100.000001"},
                 {0.0000004, "0.0"},
                 {0.0000006, "0.000001"},
                 {1790000000.123456, "1790000000.123456"},
                 {1e10, "1.0000000000000000e+10"},
                 {-1e10, "-1.0000000000000000e+10"}};
    struct text text = {0};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        write_seconds(&text, table[i].seconds);
        check_written(&text, table[i].text);
    }
    write_integer(&text, 0);
    text_byte(&text, ' ', 1);
    write_integer(&text, -7);
    text_byte(&text, ' ', 1);
    write_integer(&text, INT64_MIN);
    text_byte(&text, ' ', 1);
    write_integer(&text, INT64_MAX);
    check_written(&text, "0 -7 -9223372036854775808 9223372036854775807");
    text_number(&text, 0, 1);
    text_number(&text, 7, 3);
    text_number(&text, 1234, 3);
    text_number(&text, UINT64_MAX, 1);
    check_written(&text, "0007123418446744073709551615");
}

TEST_MAIN({"read", numbers_are_read}, {"written", numbers_are_written},
          {"durations-read", durations_are_read}, {"durations-written", durations_are_written},
          {"sizes", sizes_are_written})
