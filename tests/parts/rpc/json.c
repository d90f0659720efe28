/* Tests functions of the program that write and read JSON, tables in JSON, and base64. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/text.h"
#include "cli/rpc/base64.h"
#include "cli/rpc/escape.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/plain_json.h"
#include "cli/rpc/table_line.h"
#include "cli/rpc/write.h"

#include <inttypes.h>

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

static void *refuse_large(size_t size)
{
    bool is_refused = size > 500 && large_allocations == 0;

    large_allocations += size > 500;
    return is_refused ? NULL : malloc(size);
}

/* A table whose copy finds no memory is read like any other line, by jansson. */
static void a_table_that_cannot_be_copied_is_parsed(void)
{
    char         other[] = "[\"\\n\"]", *line;
    json_t      *message;
    json_error_t error;
    int          length =
        asprintf(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"table\":\"\\t%0600d\"}}", 7);

    CHECK(length > 0);
    json_decref(parse_json(other, strlen(other), 0, &error)); /* see above */
    json_set_alloc_funcs(refuse_large, free);
    large_allocations = 0;
    message = table_line_parse(line, (size_t) length, &error);
    CHECK(large_allocations > 1);
    CHECK_EQUAL(json_string_length(json_object_get(json_object_get(message, "result"), "table")),
                601);
    json_decref(message);
    free(line);
}

/*
 * Checks that plain_json_parse reads TEXT as jansson does, if it reads it, leaves it as it was, and reads no byte
 * behind it.
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
 * Checks that a parse with FAILED failures behind COUNT calls of malloc() returns the whole value or says that it had
 * no memory. The value has a string of LENGTH letters. Returns true if the parse had no failure.
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

TEST_MAIN({"plain-bytes", plain_bytes_are_found}, {"base64", bytes_are_in_base64},
          {"strings", strings_are_written}, {"escapes", escapes_are_removed},
          {"tables", tables_are_read}, {"long-tables", long_tables_are_copied_once},
          {"no-copy", a_table_that_cannot_be_copied_is_parsed}, {"plain-json", plain_json_is_read},
          {"memory", lack_of_memory_is_no_bad_json})
