#include "cli/rpc/write.h"

#include "cli/rpc/base64.h"
#include "cli/rpc/escape.h"

#include <stdlib.h>
#include <string.h>

/* A double of this many seconds is no longer exact to the microsecond. */
#define SECONDS_MAX 1e10

void write_integer(struct text *text, int64_t number)
{
    if (number < 0)
        text_byte(text, '-', 1);
    text_number(text, number < 0 ? 0 - (uint64_t) number : (uint64_t) number, 1);
}

void write_seconds(struct text *text, double seconds)
{
    double   magnitude = seconds < 0 ? -seconds : seconds;
    uint64_t microseconds;

    if (!(magnitude < SECONDS_MAX)) { /* or not a number */
        text_printf(text, "%.16e", seconds);
        return;
    }
    if (seconds < 0)
        text_byte(text, '-', 1);
    microseconds = (uint64_t) (magnitude * 1e6 + 0.5);
    text_number(text, microseconds / 1000000, 1);
    text_byte(text, '.', 1);
    text_number(text, microseconds % 1000000, 6);
    while (text->size > 2 && text->data[text->size - 1] == '0' && text->data[text->size - 2] != '.')
        text->size--;
}

void write_text(struct text *text, const char *bytes, size_t size)
{
    text_byte(text, '"', 1);
    escape_add(text, bytes, size);
    text_byte(text, '"', 1);
}

void write_escapes(struct text *text, size_t begin)
{
    struct text rest = {0};
    size_t      plain;

    if (text->failed)
        return;
    plain = begin + escape_plain(text->data + begin, text->size - begin);
    text_append(&rest, text->data + plain, text->size - plain);
    text->failed = rest.failed;
    text->size = plain;
    escape_add(text, rest.data, rest.size);
    text_release(&rest);
}

void write_base64(struct text *text, const char *bytes, size_t size)
{
    char *encoded = base64_encode(bytes, size);

    if (encoded == NULL) {
        text->failed = true;
        return;
    }
    text_add(text, "{\"base64\":\"");
    text_add(text, encoded);
    text_add(text, "\"}");
    free(encoded);
}

void write_bytes(struct text *text, const char *bytes)
{
    size_t size = strlen(bytes);

    if (text_is_utf8(bytes, size))
        write_text(text, bytes, size);
    else
        write_base64(text, bytes, size);
}

void write_strings(struct text *text, char *const *strings)
{
    text_byte(text, '[', 1);
    for (; *strings != NULL; strings++) {
        write_comma(text);
        write_bytes(text, *strings);
    }
    text_byte(text, ']', 1);
}

void write_comma(struct text *text)
{
    char last = text->size > 0 && !text->failed ? text->data[text->size - 1] : '{';

    if (last != '{' && last != '[')
        text_byte(text, ',', 1);
}

void write_name(struct text *text, const char *name)
{
    write_comma(text);
    text_byte(text, '"', 1);
    text_add(text, name);
    text_append(text, "\":", 2);
}

static int append(const char *data, size_t size, void *text)
{
    text_append(text, data, size);
    return 0;
}

void write_json(struct text *text, const json_t *value)
{
    if (json_dump_callback(value, append, text,
                           JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(16)) < 0)
        text->failed = true;
}
