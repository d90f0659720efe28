/* Tests functions of the program that keep text, lines and arrays, and that know characters. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/array.h"
#include "cli/base/line_buffer.h"
#include "cli/base/text.h"

#include <ctype.h>
#include <malloc.h>
#include <wchar.h>

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
    {"a\303\274", "a\303\274", NULL},
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
    CHECK(text_is_utf8("\303\274a\303", 3) && !text_is_utf8("a\303\274", 2));
    CHECK(text_is_utf8("a\0b", 3));
    CHECK(!text_is_utf8("\342\202\254", 2));
    CHECK_EQUAL(text_plain("ab~\177", 4), 3);
    CHECK_EQUAL(text_plain(" \037", 2), 1);
    CHECK_EQUAL(text_plain("abc", 2), 2);
}

/* The character that the end cuts goes on behind the end, where nobody looks. */
static void cut_characters_are_bytes(void)
{
    static const char cut[] = "\303\274a\303\274";
    struct text       text = {0};

    text_add_escaped(&text, cut, 4);
    check_written(&text, "\303\274a\\xc3");
    CHECK_EQUAL(text_width("\303\274a\343\201\202", 4), 3);
    CHECK_EQUAL(text_width(cut, 3), 2);
    CHECK_EQUAL(text_fit(cut, 4, 3), 4);
    CHECK_EQUAL(text_fit(cut, 3, 3), 3);
    text_add_escaped(&text, "\303\274abcdefghi", 4); /* nor are more bytes taken */
    check_written(&text, "\303\274ab");
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
                 {"\343\201\202\355\240\200", 5, 4, 3}, /* no character follows */
                 {"\377\376", 2, 1, 1}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CHECK_EQUAL(text_width(table[i].bytes, strlen(table[i].bytes)), table[i].columns);
        CHECK_EQUAL(text_fit(table[i].bytes, strlen(table[i].bytes), table[i].fits_in),
                    table[i].fits);
    }
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
    CHECK(line_buffer_reserve(&buffer, 1)); /* the search begins anew */
    text_append(&buffer.bytes, "", 1);
    CHECK(line_buffer_next(&buffer, &size) != NULL && size == 1);
    line_buffer_release(&buffer);
    CHECK(buffer.bytes.data == NULL && !buffer.nul && buffer.taken == 0 && buffer.searched == 0);
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

TEST_MAIN({"growth", text_grows}, {"arrays", arrays_grow}, {"words", words_are_shown},
          {"characters", characters_are_known}, {"columns", columns_are_counted},
          {"cut", cut_characters_are_bytes}, {"lines", lines_are_found},
          {"rest-of-lines", rests_of_lines_are_taken})
