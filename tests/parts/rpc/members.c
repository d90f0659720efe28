/* Tests what requests and replies are made of: the objects around them, their members, and strings of any bytes. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/rpc/bytes.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/member.h"
#include "cli/rpc/state_word.h"
#include "cli/rpc/write.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static int   allocations = -1; /* how many succeed before one fails; negative: all do */
static char *guard;            /* the byte behind the last memory that malloc() has given */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    char *memory = allocations-- == 0 ? NULL : __real_malloc(size + 1);

    guard = memory != NULL ? memory + size : NULL;
    if (guard != NULL)
        *guard = 0x77;
    return memory;
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return allocations-- == 0 ? NULL : __real_realloc(memory, size);
}

static void members_are_written(void)
{
    static char *const none[] = {NULL}, *const two[] = {(char *) "a", (char *) "\xff", NULL};
    struct text text = {0};

    text_byte(&text, '{', 1);
    member_write_integer(&text, "least", INT64_MIN);
    member_write_integer(&text, "none", 0);
    member_write_integer(&text, "most", INT64_MAX);
    member_write_seconds(&text, "zero", 0);
    member_write_seconds(&text, "half", 0.5);
    member_write_seconds(&text, "missing", -0.5);
    member_write_string(&text, "empty", "");
    member_write_string(&text, "missing", NULL);
    member_write_string(&text, "word", "a\"b");
    member_write_true(&text, "missing", false);
    member_write_true(&text, "is", true);
    member_write_strings(&text, "nothing", none);
    member_write_strings(&text, "two", two);
    text_byte(&text, '}', 1);
    check_written(&text, "{\"least\":-9223372036854775808,\"none\":0,\"most\":9223372036854775807,"
                         "\"zero\":0.0,\"half\":0.5,\"empty\":\"\",\"word\":\"a\\\"b\",\"is\":true,"
                         "\"nothing\":[],\"two\":[\"a\",{\"base64\":\"/w==\"}]}");
    text_byte(&text, '[', 1);
    for (int i = 0; i < 2; i++) {
        write_comma(&text);
        text_byte(&text, '{', 1);
        member_write_exception(&text, "E", i == 0 ? NULL : "");
        text_byte(&text, '}', 1);
    }
    write_comma(&text);
    text_byte(&text, '{', 1);
    member_write_exception(&text, "E", "m");
    check_written(&text, "[{\"exception\":\"E\"},{\"exception\":\"E\"},"
                         "{\"exception\":\"E\",\"message\":\"m\"");
    write_name(&text, "alone");
    check_written(&text, "\"alone\":");
}

static void requests_have_their_envelope(void)
{
    struct text text = {0};

    envelope_begin_request(&text, -7, "list");
    text_add(&text, "[]");
    envelope_end(&text);
    check_written(&text, "{\"jsonrpc\":\"2.0\",\"id\":-7,\"method\":\"list\",\"params\":[]}");
    envelope_begin_notification(&text, "event");
    text_add(&text, "{}");
    envelope_end(&text);
    check_written(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{}}");
}

static void states_are_words(void)
{
    static const char *const words[] = {
#define X(name, word) word,
        PROTOCOL_STATES(X)
#undef X
    };
    enum protocol_state state = (enum protocol_state) 77;
    json_t             *thread = json_object();

    CHECK(!state_read(thread, &state));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        CHECK_TEXT(state_word((enum protocol_state) i), words[i]);
        (void) json_object_set_new(thread, "state", json_string(words[i]));
        CHECK(state_read(thread, &state));
        CHECK_EQUAL(state, i);
    }
    state = (enum protocol_state) 77;
    for (int i = 0; i < 2; i++) { /* one word is below all others, and one above */
        (void) json_object_set_new(thread, "state", json_string(i == 0 ? "!" : "~"));
        CHECK(!state_read(thread, &state));
    }
    (void) json_object_set_new(thread, "state", json_integer(0));
    CHECK(!state_read(thread, &state));
    CHECK_EQUAL(state, 77);
    json_decref(thread);
}

/* Returns VALUE as text, which lives until the next call, and releases it. */
static const char *dump(json_t *value)
{
    static char *text;

    free(text);
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(value);
    CHECK(text != NULL);
    return text;
}

/* Bytes are a string of JSON, or an object if they are no UTF-8 or hold a NUL. */
static void bytes_are_json(void)
{
    static const struct {
        const char *bytes;
        size_t      size;
        const char *text, *any; /* of all the bytes, without and with regard to NULs */
    } table[] = {
        {"", 0, "\"\"", "\"\""},
        {"a\302\265", 3, "\"a\302\265\"", "\"a\302\265\""},
        {"\377", 1, "{\"base64\":\"/w==\"}", "{\"base64\":\"/w==\"}"},
        {"a\0b", 3, "\"a\\u0000b\"", "{\"base64\":\"YQBi\"}"},
    };

    CHECK_TEXT(dump(bytes_to_json("a\0b")), "\"a\"");
    CHECK_TEXT(dump(bytes_to_json("\377\0b")), "{\"base64\":\"/w==\"}");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        json_t *value = bytes_any_to_json(table[i].bytes, table[i].size);
        char   *bytes = NULL;
        size_t  size = 0;

        CHECK_TEXT(dump(bytes_to_json_n(table[i].bytes, table[i].size)), table[i].text);
        CHECK_EQUAL(bytes_any_from_json(value, &bytes, &size), 0);
        CHECK_EQUAL(*guard, 0x77);
        CHECK_EQUAL(size, table[i].size);
        CHECK_EQUAL(memcmp(bytes, table[i].bytes, size + 1), 0); /* a NUL stands behind them */
        free(bytes);
        bytes = NULL;
        CHECK_EQUAL(bytes_from_json(value, &bytes), i == 3 ? -EILSEQ : 0);
        if (i != 3) {
            CHECK_TEXT(bytes, table[i].bytes);
            free(bytes);
        }
        CHECK_TEXT(dump(value), table[i].any);
    }
    allocations = 0;
    CHECK(bytes_any_to_json("\377", 1) == NULL);
    allocations = -1;
}

static void other_values_are_no_bytes(void)
{
    static const char *const values[] = {"1",
                                         "null",
                                         "[]",
                                         "{}",
                                         "{\"base64\":1}",
                                         "{\"base64\":\"YQ==\",\"more\":1}",
                                         "{\"base64\":\"YQ\"}"};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        json_t *value = json_loads(values[i], JSON_DECODE_ANY, NULL);
        char   *bytes = (char *) "as before";
        size_t  size = 77;

        CHECK(value != NULL);
        CHECK_EQUAL(bytes_any_from_json(value, &bytes, &size), -EINVAL);
        CHECK_EQUAL(bytes_from_json(value, &bytes), -EINVAL);
        CHECK(size == 77 && strcmp(bytes, "as before") == 0);
        json_decref(value);
    }
}

static void a_copy_of_bytes_needs_memory(void)
{
    json_t *value = json_string("a");
    char   *bytes = NULL;

    allocations = 0;
    CHECK_EQUAL(bytes_from_json(value, &bytes), -ENOMEM);
    allocations = -1;
    CHECK(bytes == NULL);
    json_decref(value);
}

/* A part that cannot be written fails, and later parts do not make up for that. */
static void a_text_without_memory_fails(void)
{
    struct text text = {0};

    allocations = 0;
    write_bytes(&text, "\377");
    allocations = -1;
    CHECK(text.failed && text.size == 0);
    write_name(&text, "x");
    write_escapes(&text, 0);
    CHECK(text.failed && text.size == 0);
    text_release(&text);
    text_add(&text, "a\"b");
    allocations = 0;
    write_escapes(&text, 0);
    allocations = -1;
    CHECK(text.failed);
    text_release(&text);
    write_json(&text, NULL); /* no value */
    CHECK(text.failed);
    text_release(&text);
}

static void values_are_written_as_they_are(void)
{
    struct text text = {0};
    json_t     *list = json_pack("[s,i,f,b,n]", "a\"", -1, 0.1, 1);

    write_json(&text, list);
    check_written(&text, "[\"a\\\"\",-1,0.1,true,null]");
    json_decref(list);
    list = json_string("alone");
    write_json(&text, list);
    check_written(&text, "\"alone\"");
    json_decref(list);
}

/* Bytes that a text ends with are escaped in their place. */
static void the_end_of_a_text_is_escaped(void)
{
    struct text text = {0};
    char        memory[64];

    text_add(&text, "\"\\plain");
    write_escapes(&text, 2);
    check_written(&text, "\"\\plain");
    text_add(&text, "\"\\ab\"c\\\nd");
    write_escapes(&text, 2);
    check_written(&text, "\"\\ab\\\"c\\\\\\nd");
    /* What stands before the text does not count. */
    text = (struct text){.data = memory + 32, .capacity = 32};
    memset(memory, 'x', sizeof(memory));
    text_add(&text, "1234\"");
    write_escapes(&text, 4);
    CHECK(text.size == 6 && memcmp(text.data, "1234\\\"", 6) == 0);
}

TEST_MAIN({"members", members_are_written}, {"envelopes", requests_have_their_envelope},
          {"states", states_are_words}, {"bytes", bytes_are_json},
          {"no-bytes", other_values_are_no_bytes}, {"copy", a_copy_of_bytes_needs_memory},
          {"memory", a_text_without_memory_fails}, {"values", values_are_written_as_they_are},
          {"escapes", the_end_of_a_text_is_escaped})
