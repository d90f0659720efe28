/*
 * Fuzzes bytes in JSON: encoded bytes come back, and nothing else is taken for base64. A line with a
 * table is read like any other. Of escape sequences only colours pass.
 */
#include "cli/rpc/bytes.h"
#include "cli/base/text.h"
#include "cli/rpc/base64.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/plain_json.h"
#include "cli/rpc/table_line.h"
#include "cli/view/escape_filter.h"
#include "tests/fuzz/fuzz.h"

static void there_and_back(const uint8_t *data, size_t size)
{
    char  *text = base64_encode(data, size);
    char  *again = NULL;
    size_t again_size = 0;

    MUST(text != NULL && base64_decode(text, strlen(text), &again, &again_size) == 0);
    MUST(again_size == size && (size == 0 || memcmp(again, data, size) == 0));
    free(again);
    free(text);
}

/* Checks that the decoder is strict: it takes only what the encoder makes of the result. */
static void decode(const uint8_t *data, size_t size)
{
    char  *text = fuzz_string(data, size);
    char  *bytes, *again;
    size_t count;

    if (base64_decode(text, strlen(text), &bytes, &count) == 0) {
        again = base64_encode(bytes, count);
        MUST(again != NULL && strcmp(again, text) == 0);
        free(again);
        free(bytes);
    }
    free(text);
}

static void json(const uint8_t *data, size_t size)
{
    char   *string = fuzz_string(data, size);
    json_t *value = bytes_to_json(string);
    char   *again;

    MUST(value != NULL && bytes_from_json(value, &again) == 0 && strcmp(again, string) == 0);
    free(again);
    json_decref(value);
    value = json_loadb((const char *) data, size, JSON_DECODE_ANY, NULL);
    if (bytes_from_json(value, &again) == 0)
        free(again);
    json_decref(value);
    free(string);
}

/* Checks that the fast parser reads what jansson reads, or nothing. */
static void plain_json(const uint8_t *data, size_t size)
{
    char   *copy = fuzz_string(data, size);
    json_t *fast = plain_json_parse(copy, size);
    json_t *slow = json_loadb((const char *) data, size, JSON_REJECT_DUPLICATES, NULL);

    MUST(fast == NULL || json_equal(fast, slow));
    MUST(memcmp(copy, data, size) == 0);
    json_decref(fast);
    json_decref(slow);
    free(copy);
}

/* Checks that the short way to a line's table gives what jansson reads. */
static void compare_lines(const struct text *line)
{
    char        *copy = fuzz_string((const uint8_t *) line->data, line->size);
    json_error_t error;
    json_t      *expected = parse_json(copy, line->size, 0, &error);
    json_t      *message = table_line_parse(line->data, line->size, &error);

    MUST((message == NULL) == (expected == NULL));
    MUST(message == NULL || json_equal(message, expected));
    json_decref(message);
    json_decref(expected);
    free(copy);
}

/* Reads a line whose table begins with DATA, and then a line that begins with DATA. */
static void table_line(const uint8_t *data, size_t size)
{
    struct text line = {0};

    text_add(&line, "{\"id\":1,\"result\":{\"table\":\"");
    text_append(&line, data, size);
    text_byte(&line, 'x', 600);
    text_add(&line, "\"}}");
    compare_lines(&line);
    line.size = 0;
    text_append(&line, data, size);
    text_byte(&line, 'x', 600);
    text_add(&line, "\"}}");
    compare_lines(&line);
    text_release(&line);
}

/* Checks that only colours pass, and that it does not matter where a line is cut into pieces. */
static void escapes(const uint8_t *data, size_t size)
{
    struct escape_filter whole = {0}, pieces = {0};
    struct text          text = {0}, joined = {0};

    escape_filter_add(&whole, &text, (const char *) data, size);
    for (size_t at = 0; at < size; at++)
        escape_filter_add(&pieces, &joined, (const char *) data + at, 1);
    MUST(text.size == joined.size && whole.state == pieces.state);
    MUST(text.size == 0 || memcmp(text.data, joined.data, text.size) == 0);
    for (size_t at = 0; at < text.size; at++) {
        if (text.data[at] != '\033')
            continue;
        MUST(++at < text.size && text.data[at] == '[');
        while (++at < text.size && text.data[at] != 'm')
            MUST(text.data[at] >= '0' && text.data[at] <= ';');
        MUST(at < text.size);
    }
    text_release(&text);
    text_release(&joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    escapes(data, size);
    there_and_back(data, size);
    decode(data, size);
    json(data, size);
    plain_json(data, size);
    table_line(data, size);
    return 0;
}
