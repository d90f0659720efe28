/* Tests functions of the program that write and read without a thread: times, numbers, words, JSON, base64. */
#include "tests/cli/written.h"
#include "tests/lib/test.h"

#include "cli/base/array.h"
#include "cli/base/duration.h"
#include "cli/base/line_buffer.h"
#include "cli/base/number.h"
#include "cli/base/size.h"
#include "cli/base/text.h"
#include "cli/rpc/base64.h"
#include "cli/rpc/escape.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/plain_json.h"
#include "cli/rpc/table_line.h"
#include "cli/rpc/write.h"

#include <ctype.h>
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <wchar.h>

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

static void text_grows(void)
{
    struct text text = {0};
    char        longer[1000];

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    text_append(&text, NULL, 5);
    text_byte(&text, 'y', 0);
    CHECK(text.size == 0 && text.data == NULL);
    text_printf(&text, "%d-%s", 12,
                longer); /* longer than the first try, and longer than the room */
    CHECK_EQUAL(text.size, 3 + strlen(longer));
    CHECK(memcmp(text.data, "12-", 3) == 0 && memcmp(text.data + 3, longer, strlen(longer)) == 0);
    text_release(&text);
    for (size_t i = 0; i < 1000; i++)
        text_printf(&text, "%zu,", i % 10);
    CHECK_EQUAL(text.size, 2000);
    for (size_t i = 0; i < 1000; i++)
        CHECK(text.data[2 * i] == (char) ('0' + i % 10) && text.data[2 * i + 1] == ',');
    text_release(&text);
    for (size_t size = 1; size < 300;
         size++) { /* begins at each distance from the end of the room */
        text_append(&text, longer, size);
        text_printf(&text, "%.*s", 63, longer);
        text_printf(&text, "%.*s", 64, longer);
        CHECK_EQUAL(text.size, size + 127);
        CHECK(memcmp(text.data, longer, size) == 0 && memcmp(text.data + size, longer, 127) == 0);
        text_release(&text);
    }
    text_printf(&text, "%s", "");
    CHECK(!text.failed && text.size == 0);
    text_printf(&text, "%lc", (wint_t) 0x20ac); /* a character that this locale does not have */
    CHECK(text.failed && text.size == 0);
    text_release(&text);
    CHECK(!text_reserve(&text, SIZE_MAX - 10) && text.failed);
    text_add(&text, "lost");
    CHECK_EQUAL(text.size, 0);
}

static const struct {
    const char *bytes, *escaped, *quoted; /* quoted NULL: the escaped text in quotes */
} shown[] = {
    {"plain", "plain", "plain"},
    {"a_b-c+d=e.f/g,h:i@j%k^l", "a_b-c+d=e.f/g,h:i@j%k^l", "a_b-c+d=e.f/g,h:i@j%k^l"},
    {"azAZ09", "azAZ09", "azAZ09"},
    {"", "", "''"},
    {"two words", "two words", NULL},
    {"it's", "it's", "'it'\\''s'"},
    {"a\nb\tc\rd", "a\\nb\\tc\\rd", "$'a\\nb\\tc\\rd'"},
    {"'\n\\", "'\\n\\", "$'\\'\\n\\\\'"},
    {"\033\037\177", "\\x1b\\x1f\\x7f", "$'\\x1b\\x1f\\x7f'"},
    {"\303\274", "\303\274", NULL},                 /* ü */
    {"\342\202\254", "\342\202\254", NULL},         /* € */
    {"\360\237\230\200", "\360\237\230\200", NULL}, /* a face */
    {"\302\237", "\\xc2\\x9f", "$'\\xc2\\x9f'"},    /* the last control character */
    {"\302\240", "\302\240", NULL},                 /* the character after it */
    {"\330\234", "\\xd8\\x9c", "$'\\xd8\\x9c'"},    /* marks of direction */
    {"\342\200\216", "\\xe2\\x80\\x8e", "$'\\xe2\\x80\\x8e'"},
    {"\342\200\256", "\\xe2\\x80\\xae", "$'\\xe2\\x80\\xae'"},
    {"\342\200\257", "\342\200\257", NULL},
    {"\342\201\251", "\\xe2\\x81\\xa9", "$'\\xe2\\x81\\xa9'"},
    {"\377", "\\xff", "$'\\xff'"},
    {"a\303", "a\\xc3", "$'a\\xc3'"}, /* cut short */
    {"\303a", "\\xc3a", "$'\\xc3a'"},
    {"\300\200", "\\xc0\\x80", "$'\\xc0\\x80'"}, /* longer than necessary */
    {"\301\277", "\\xc1\\xbf", "$'\\xc1\\xbf'"},
    {"\340\237\277", "\\xe0\\x9f\\xbf", "$'\\xe0\\x9f\\xbf'"},
    {"\360\217\277\277", "\\xf0\\x8f\\xbf\\xbf", "$'\\xf0\\x8f\\xbf\\xbf'"},
    {"\355\240\200", "\\xed\\xa0\\x80", "$'\\xed\\xa0\\x80'"}, /* half a pair */
    {"\355\237\277", "\355\237\277", NULL},
    {"\356\200\200", "\356\200\200", NULL},
    {"\364\217\277\277", "\364\217\277\277", NULL}, /* the last character */
    {"\364\220\200\200", "\\xf4\\x90\\x80\\x80", "$'\\xf4\\x90\\x80\\x80'"},
    {"\370\210\200\200\200", "\\xf8\\x88\\x80\\x80\\x80", "$'\\xf8\\x88\\x80\\x80\\x80'"},
};

static void words_are_shown(void)
{
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        struct text text = {0};
        char        quoted[64];

        text_add_escaped(&text, shown[i].bytes, strlen(shown[i].bytes));
        check_written(&text, shown[i].escaped);
        snprintf(quoted, sizeof(quoted), "'%s'", shown[i].escaped);
        text_add_quoted(&text, shown[i].bytes);
        check_written(&text, shown[i].quoted != NULL ? shown[i].quoted : quoted);
    }
    for (int byte = 1; byte < 128; byte++) { /* each special byte is in quotes */
        struct text text = {0};
        const char  word[] = {(char) byte, '\0'};

        text_add_quoted(&text, word);
        CHECK_EQUAL(text.size == 1, isalnum(byte) || strchr("_-+=./,:@%^", byte) != NULL);
        text_release(&text);
    }
}

static void characters_are_known(void)
{
    static const struct {
        const char *bytes;
        bool        is_utf8;
    } table[] = {{"", true},
                 {"abc", true},
                 {"\n\033\177", true},
                 {"a\303\274b\342\202\254c\360\237\230\200", true},
                 {"\177\302\200", true},
                 {"\337\277\340\240\200", true},
                 {"\357\277\277\360\220\200\200", true},
                 {"\200", false},
                 {"a\277", false},
                 {"\303", false},
                 {"\342\202", false},
                 {"\360\237\230", false},
                 {"\342\202a", false},
                 {"\342a\254", false},
                 {"\301\277", false},
                 {"\355\240\200", false},
                 {"\355\277\277", false},
                 {"\364\220\200\200", false},
                 {"\377", false}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        CHECK_EQUAL(text_is_utf8(table[i].bytes, strlen(table[i].bytes)), table[i].is_utf8);
    CHECK(text_is_utf8("\303\274\303", 2)); /* reads no byte beyond the end */
    CHECK(text_is_utf8("a\0b", 3));
    CHECK(!text_is_utf8("\342\202\254", 2));
    CHECK_EQUAL(text_plain("ab~\177", 4), 3);
    CHECK_EQUAL(text_plain(" \037", 2), 1);
    CHECK_EQUAL(text_plain("abc", 2), 2);
}

/* Checks the searches that read eight bytes at a time: they find each byte in each place, before any other byte. */
static void plain_bytes_are_found(void)
{
    static const char others[] = "a \037\040\042\134\176\177\200\377";
    char              bytes[20];

    for (size_t at = 0; at < sizeof(bytes); at++)
        for (unsigned byte = 1; byte < 256; byte++)
            for (size_t o = 0; o < strlen(others); o++) {
                bool is_shown = byte >= ' ' && byte < 0x7f;
                bool is_kept = byte >= ' ' && byte != '"' && byte != '\\';

                memset(bytes, 'x', sizeof(bytes));
                if (at + 1 < sizeof(bytes))
                    bytes[at + 1] = others[o];
                bytes[at] = (char) byte;
                CHECK_EQUAL(text_plain(bytes, at + 1), is_shown ? at + 1 : at);
                CHECK_EQUAL(escape_plain(bytes, at + 1), is_kept ? at + 1 : at);
                CHECK(is_shown || text_plain(bytes, sizeof(bytes)) == at);
                CHECK(is_kept || escape_plain(bytes, sizeof(bytes)) == at);
            }
}

static void columns_are_counted(void)
{
    static const struct {
        const char *bytes;
        size_t      columns, fits, fits_in; /* FITS bytes fit into FITS_IN columns */
    } table[] = {{"", 0, 0, 5},
                 {"abc", 3, 2, 2},
                 {"abc", 3, 3, 3},
                 {"abc", 3, 0, 0},
                 {"a\303\274b", 3, 3, 2},
                 {"\314\200a", 1, 3, 1}, /* U+0300: no column of its own */
                 {"\315\257", 0, 2, 0},  /* U+036F, the last such character */
                 {"\315\260", 1, 0, 0},
                 {"e\314\201x", 2, 3, 1},
                 {"\343\201\202", 2, 0, 1}, /* U+3042: two columns */
                 {"\343\201\202", 2, 3, 2},
                 {"a\343\201\202b", 4, 1, 2},
                 {"\341\204\200\341\205\237", 4, 3, 3}, /* U+1100 and U+115F */
                 {"\341\205\240", 1, 3, 1},
                 {"\360\237\230\200", 2, 4, 2},
                 {"\342\200\213", 0, 3, 0},
                 {"\377\376", 2, 1, 1}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CHECK_EQUAL(text_width(table[i].bytes, strlen(table[i].bytes)), table[i].columns);
        CHECK_EQUAL(text_fit(table[i].bytes, strlen(table[i].bytes), table[i].fits_in),
                    table[i].fits);
    }
}

static void bytes_are_in_base64(void)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\377\376\375", "//79"},
                                           {"\373\360", "+/A="}};
    static const char *const none[] = {"Z",    "Zg",   "Zg=",      "Z===",    "====",
                                       "Zh==", "Zm9=", "Zg==Zg==", "Zm 9",    "Zm9-",
                                       "=Zg=", "Zg=a", "Zm9v=",    "Zm9vZ==="};
    char                    *data, *text;
    size_t                   size;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        text = base64_encode(pairs[i][0], strlen(pairs[i][0]));
        CHECK_TEXT(text, pairs[i][1]);
        CHECK_EQUAL(base64_decode(text, strlen(text), &data, &size), 0);
        CHECK_EQUAL(size, strlen(pairs[i][0]));
        CHECK_TEXT(data, pairs[i][0]);
        free(text);
        free(data);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CHECK_EQUAL(base64_decode(none[i], strlen(none[i]), &data, &size), -EINVAL);
}

static void strings_are_written(void)
{
    struct text text = {0};
    char        half[4] = "x\377";
    json_t     *numbers = json_pack("[f,i]", 0.1, 2);

    write_text(&text, "a\"b\\c/\b\f\n\r\t\1\37\177\303\274", 16);
    check_written(&text, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\177\303\274\"");
    write_text(&text, "\17\20", 2);
    check_written(&text, "\"\\u000f\\u0010\"");
    write_text(&text, "a\"bc", 3); /* no byte behind them */
    check_written(&text, "\"a\\\"b\"");
    write_bytes(&text, "it's \"é\"");
    check_written(&text, "\"it's \\\"é\\\"\"");
    write_bytes(&text, half);
    check_written(&text, "{\"base64\":\"eP8=\"}");
    write_json(&text, numbers);
    check_written(&text, "[0.1,2]");
    text_add(&text, "\"plain\" ");
    write_escapes(&text, text.size);
    text_add(&text, "as it is");
    write_escapes(&text, text.size - 8);
    check_written(&text, "\"plain\" as it is");
    text_add(&text, "\"before\" a\tb\"c\n");
    write_escapes(&text, 9);
    check_written(&text, "\"before\" a\\tb\\\"c\\n");
    json_decref(numbers);
}

static void escapes_are_removed(void)
{
    static const struct {
        const char *string, *wanted; /* NULL: not read, and left to the parser */
    } table[] = {
        {"a", "a"},
        {"abcdefgh", "abcdefgh"},
        {"abcdefghi j", "abcdefghi j"},
        {"\\n", "\n"},
        {"\\t\\\"\\\\\\/\\b\\f\\n\\r.", "\t\"\\/\b\f\n\r."},
        {"abcdefg\\nhijklmn\\topq", "abcdefg\nhijklmn\topq"},
        {"abcdefgh\\n", "abcdefgh\n"},
        {"\303\274", "\303\274"},
        {"abcdef\303\274gh\177", "abcdef\303\274gh\177"},
        {"\\", NULL},
        {"abcdefg\\", NULL},
        {"abcdefgh\\", NULL},
        {"\\u0041 and more", NULL},
        {"abc\\x", NULL},
        {"abc\"", NULL},
        {"abc\"defghijk", NULL},
        {"abc\n", NULL},
        {"abc\ndefghijk", NULL},
        {"\303", NULL},
        {"abcdef\303gh", NULL},
    };
    char data[32], ret[32];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t size = strlen(table[i].string),
               length = strlen(table[i].wanted != NULL ? table[i].wanted : "");

        memset(data, 'n', sizeof(data)); /* which would end an escape */
        memcpy(data, table[i].string, size);
        CHECK_EQUAL(escape_remove(data, size, ret), length);
        CHECK_EQUAL(memcmp(ret, table[i].wanted != NULL ? table[i].wanted : "", length), 0);
    }
}

/* Checks that table_line_parse, which reads a line with a table in it, agrees with the parser. */
static void check_line(const char *before, const char *table, const char *behind)
{
    char        *line, *again;
    json_t      *fast, *slow;
    json_error_t error;
    int          size = asprintf(&line, "%s%s%s", before, table, behind);

    CHECK(size > 0);
    again = strdup(line);
    CHECK(again != NULL);
    fast = table_line_parse(line, (size_t) size, &error);
    slow = parse_json(again, (size_t) size, 0, &error);
    CHECK_EQUAL(fast != NULL, slow != NULL);
    CHECK(fast == NULL || json_equal(fast, slow));
    json_decref(fast);
    json_decref(slow);
    free(line);
    free(again);
}

static void tables_are_read(void)
{
    static const char *const befores[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"table\":\"",
        "{\"jsonrpc\":\"2.0\",\"method\":\"table\",\"params\":{\"table\":\"",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tables\":\"",
        "{\"jsonrpc\":\"2.0\",\"id\":\",\",\"result\":{\"table\":\"",
        "{\"id\":{\"a\":1,\"result\":{\"table\":\"",
        "[{\"id\":1,\"result\":{\"table\":\"",
        "{\"id\":1,\"result\":{\"table\":\"x\"},\"result\":{\"table\":\"",
        "{\"id\":\"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n "
        "o p q r s "
        "t u v w x y z\",\"result\":{\"table\":\"",
    };
    static const char *const behinds[] = {"\"}}", "\"}", "\"}}}", "\"}},", "\",\"more\":1}}",
                                          "}}",   ""};
    static const char *const odd[] = {
        "",         "\\n",  "\\t\\\"\\\\\\/", "\\u00e4",        "\\",  "\"", "\n", "\\x",
        "\303\274", "\303", "\\ud83d",        "\\ud83d\\ude00", "\177"};
    char table[700];

    for (size_t b = 0; b < sizeof(befores) / sizeof(befores[0]); b++)
        for (size_t e = 0; e < sizeof(behinds) / sizeof(behinds[0]); e++)
            for (size_t o = 0; o < sizeof(odd) / sizeof(odd[0]); o++)
                for (int size = 505; size < 515; size++) {
                    memset(table, 'x', sizeof(table));
                    memcpy(table + size / 2, odd[o], strlen(odd[o]));
                    table[size] = '\0';
                    check_line(befores[b], table, behinds[e]);
                }
}

static size_t large_allocations;

static void *count_large(size_t size)
{
    large_allocations += size > 500;
    return malloc(size);
}

/* Returns how many blocks of memory take_table_line() needs that are as large as the table of SIZE bytes. */
static size_t count_copies(const char *before, int size)
{
    char        *line;
    json_t      *message;
    json_error_t error;
    int          length = asprintf(&line, "%s\\t%0*d\"}}", before, size - 1, 7);

    CHECK(length > 0);
    large_allocations = 0;
    message = table_line_parse(line, (size_t) length, &error);
    CHECK(message != NULL);
    json_decref(message);
    free(line);
    return large_allocations;
}

static void long_tables_are_copied_once(void)
{
    static const char *const befores[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"table\":\"",
        "{\"jsonrpc\":\"2.0\",\"method\":\"table\",\"params\":{\"table\":\"",
    };
    char         other[] = "[\"\\n\"]";
    json_error_t error;

    json_decref(parse_json(other, strlen(other), 0,
                           &error)); /* which sets allocation functions of its own, once */
    json_set_alloc_funcs(count_large, free);
    for (size_t i = 0; i < sizeof(befores) / sizeof(befores[0]); i++) {
        CHECK(count_copies(befores[i], 507) > 1); /* jansson reads a short one */
        CHECK_EQUAL(count_copies(befores[i], 508), 1);
        CHECK_EQUAL(count_copies(befores[i], 5000), 1);
    }
}

/*
 * Checks that plain_json_parse reads TEXT as jansson does, if it reads it, leaves it as it was, and reads no byte behind
 * it.
 */
static bool is_read_fast(const char *text)
{
    size_t  size = strlen(text);
    char   *copy = malloc(size + 2);
    json_t *fast, *slow;

    CHECK(copy != NULL);
    memcpy(copy, text, size);
    memcpy(copy + size, " ", 2);
    fast = plain_json_parse(copy, size);
    CHECK_EQUAL(memcmp(copy, text, size), 0);
    slow = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    CHECK(fast == NULL || json_equal(fast, slow));
    free(copy);
    json_decref(slow);
    json_decref(fast);
    return fast != NULL;
}

static void plain_json_is_read(void)
{
    static const char *const plain[] = {
        "{}",
        "[]",
        " [ ] ",
        "{ \"a\" : [ 1 , -2.5 , \"\" , null , true , false , { } ] }\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"start\",\"params\":{\"after\":0.0}}",
        "[0,-0,0.0,-0.0,9007199254740992,0.1,1795943968.643851,123456789012.345]",
        "[0.0000000000000000000001]",
        "[\t1\r,\r\n2\t]",
        "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
        "[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{}]}]}]}]}]}]}]}]",
    };
    static const char *const odd[] = {
        "",
        " ",
        "1",
        "\"a\"",
        "{",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "[1] x",
        "[01]",
        "[-]",
        "[1.]",
        "[.1]",
        "[1e5]",
        "[1.5E5]",
        "[+1]",
        "[9007199254740993]",
        "[18014398509481984.5]",
        "[nul]",
        "[truefalse]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1,\"a\":2}",
        "[\"a\\n\"]",
        "[\"a\n\"]",
        "[\"\177\"]",
        "[\"\303\274\"]",
        "[\"\303\"]",
        "[\"a]",
        "{\"a\\u0000\":1}",
        "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
        "[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":1}]}]}]}]}]}]}]}]",
        "[0.00000000000000000000001]",
    };
    char     number[64];
    uint64_t random = 1;

    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        CHECK(is_read_fast(plain[i]));
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        CHECK(!is_read_fast(odd[i]));
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        (void) snprintf(number, sizeof(number), "[%" PRIu64 ".%0*" PRIu64 "]", random >> 34,
                        1 + i % 9, (random >> 5) % 10);
        (void) is_read_fast(number);
    }
}

/* How many calls of malloc() succeed before those that fail; -1: all. */
static int mallocs = -1, failures;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    if (mallocs > 0)
        mallocs--;
    else if (mallocs == 0 && failures > 0) {
        failures--;
        return NULL;
    }
    return __real_malloc(size);
}

/*
 * Checks that a parse with FAILED failures behind COUNT calls of malloc() returns the whole value or says that it had no
 * memory. The value has a string of LENGTH letters. Returns true if the parse had no failure.
 */
static bool is_parsed_with(int count, int failed, int length)
{
    json_t      *value, *wanted = json_pack("{s:[f,s,{s:n}]}", "a", 1.5, "\n", "b");
    json_error_t error = {.text = "none"};
    char         letters[128], text[256];
    bool         parsed;

    memset(letters, 'x', sizeof(letters));
    (void) snprintf(text, sizeof(text), "{\"a\":[1.5,\"\\n%.*s\",{\"b\":null}]}", length, letters);
    (void) snprintf(letters, sizeof(letters), "\n%.*s", length, strchr(text, 'x'));
    json_array_set_new(json_object_get(wanted, "a"), 1, json_string(letters));
    mallocs = count;
    failures = failed;
    value = parse_json(text, strlen(text), 0, &error);
    parsed = failures == failed;
    mallocs = -1;
    if (value != NULL) {
        CHECK(json_equal(value, wanted));
    } else {
        CHECK(!parsed && parse_lacked_memory(&error));
        CHECK_TEXT(error.text, "out of memory");
    }
    json_decref(value);
    json_decref(wanted);
    return parsed;
}

static void lack_of_memory_is_no_bad_json(void)
{
    char         bad[] = "[\"\\n\"", text[] = "[\"\\n\"]";
    json_error_t error;

    for (int length = 1; length <= 70; length++)
        for (int failed = 1; failed <= 3; failed++) {
            int count = 0;

            while (!is_parsed_with(count, failed, length))
                count++;
            CHECK(count > 10);
        }
    CHECK(parse_json(bad, strlen(bad), 0, &error) == NULL && !parse_lacked_memory(&error));
    json_decref(parse_json(text, strlen(text), 0, &error));
    mallocs = 0;
    failures = 1;
    CHECK(json_object() == NULL); /* and the text of before stays as it was */
    mallocs = -1;
    CHECK_TEXT(text, "[\"\\n\"]");
}

/* Appends TEXT to BUFFER. */
static void append(struct line_buffer *buffer, const char *text)
{
    CHECK(line_buffer_reserve(buffer, strlen(text)));
    text_add(&buffer->bytes, text);
}

/* Checks that WANTED is the next line of BUFFER; NULL: none. */
static void check_next(struct line_buffer *buffer, const char *wanted)
{
    size_t size = 0;
    char  *line = line_buffer_next(buffer, &size);

    CHECK((line == NULL) == (wanted == NULL));
    if (line == NULL)
        return;
    CHECK_EQUAL(size, strlen(wanted));
    CHECK(memcmp(line, wanted, size) == 0);
}

static void lines_are_found(void)
{
    struct line_buffer buffer = {.nul = false};

    check_next(&buffer, NULL);
    append(&buffer, "\n"); /* a line of one byte */
    check_next(&buffer, "\n");
    append(&buffer, "one\n\n\ntwo\nthr");
    CHECK_EQUAL(buffer.taken, 0); /* the room of the line is used again */
    check_next(&buffer, "one\n");
    check_next(&buffer, "\n");
    check_next(&buffer, "\n");
    check_next(&buffer, "two\n");
    check_next(&buffer, NULL);
    append(&buffer, "ee\n\nx\n");
    check_next(&buffer, "three\n");
    check_next(&buffer, "\n");
    check_next(&buffer, "x\n");
    check_next(&buffer, NULL);

    /* Bytes are searched once: a newline that replaces a searched byte is not found. */
    append(&buffer, "a line");
    check_next(&buffer, NULL);
    buffer.bytes.data[buffer.taken + 1] = '\n';
    check_next(&buffer, NULL);
    append(&buffer, " that ends\n");
    check_next(&buffer, "a\nline that ends\n");

    /* Bytes behind the end are not searched: here stands the newline of the line before. */
    append(&buffer, "abc\n");
    check_next(&buffer, "abc\n");
    append(&buffer, "a");
    check_next(&buffer, NULL);
    append(&buffer, "b");
    check_next(&buffer, NULL);
    append(&buffer, "\n");
    check_next(&buffer, "ab\n");
    line_buffer_release(&buffer);
}

static void rests_of_lines_are_taken(void)
{
    struct line_buffer buffer = {.nul = true};
    size_t             size = 7;
    char              *rest;

    CHECK(line_buffer_rest(&buffer, &size) == NULL && size == 0);
    CHECK(line_buffer_reserve(&buffer, 7));
    text_append(&buffer.bytes, "one\0two", 7);
    CHECK(line_buffer_next(&buffer, &size) != NULL && size == 4);
    CHECK(line_buffer_next(&buffer, &size) == NULL);
    rest = line_buffer_rest(&buffer, &size);
    CHECK(size == 3 && memcmp(rest, "two", 3) == 0);
    (void) line_buffer_rest(&buffer, &size);
    CHECK_EQUAL(size, 0);
    CHECK(line_buffer_reserve(&buffer, 2)); /* the search begins anew */
    text_append(&buffer.bytes, "x", 2);
    CHECK(line_buffer_next(&buffer, &size) != NULL && size == 2);
    line_buffer_release(&buffer);
    CHECK(!buffer.nul && buffer.taken == 0 && buffer.searched == 0);
}

/* An element that is larger than the smallest block of the heap. */
struct element {
    int  number;
    char more[60];
};

static void arrays_grow(void)
{
    enum { COUNT = 1000 };
    struct element *list = NULL, *grown;
    size_t          count = 0, before;

    for (int i = 0; i < COUNT; i++) {
        grown = array_room(list, (size_t) i, sizeof(*list));
        CHECK(grown != NULL);
        list = grown;
        CHECK(malloc_usable_size(list) >= ((size_t) i + 1) * sizeof(*list));
        list[i].number = i;
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQUAL(list[i].number, i);
    free(list);
    list = array_reach(NULL, &count, 2, sizeof(*list));
    CHECK(list != NULL && count > 2);
    list[2].number = 7;
    CHECK(array_reach(list, &count, count - 1, sizeof(*list)) == list); /* it is long enough */
    before = count;
    list = array_reach(list, &count, count, sizeof(*list));
    CHECK(list != NULL && count > before);
    list = array_reach(list, &count, COUNT, sizeof(*list));
    CHECK(list != NULL && count > COUNT);
    for (size_t i = 0; i < count; i++)
        CHECK_EQUAL(list[i].number, i == 2 ? 7 : 0);
    free(list);
}

TEST_MAIN({"numbers", numbers_are_read}, {"durations-read", durations_are_read},
          {"durations-written", durations_are_written}, {"sizes", sizes_are_written},
          {"numbers", numbers_are_written}, {"growth", text_grows}, {"arrays", arrays_grow},
          {"words", words_are_shown}, {"characters", characters_are_known},
          {"plain-bytes", plain_bytes_are_found}, {"columns", columns_are_counted},
          {"base64", bytes_are_in_base64}, {"strings", strings_are_written},
          {"escapes", escapes_are_removed}, {"tables", tables_are_read},
          {"long-tables", long_tables_are_copied_once}, {"plain-json", plain_json_is_read},
          {"json-memory", lack_of_memory_is_no_bad_json}, {"lines", lines_are_found},
          {"rest-of-lines", rests_of_lines_are_taken})
