#include "cli/base/text.h"

#include "cli/base/byte_scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool text_reserve(struct text *text, size_t size)
{
    size_t capacity = text->capacity > 0 ? text->capacity : 256;
    char  *data;

    if (text->failed)
        return false;
    if (size <= text->capacity - text->size)
        return true;
    while (capacity - text->size < size && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    data = capacity - text->size < size ? NULL : realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_number(struct text *text, uint64_t number, size_t width)
{
    char  digits[32];
    char *end = digits + sizeof(digits);
    char *begin = end;

    do
        *--begin = (char) ('0' + number % 10);
    while ((number /= 10) > 0 || (begin > digits && (size_t) (end - begin) < width));
    text_append(text, begin, (size_t) (end - begin));
}

void text_vprintf(struct text *text, const char *format, va_list arguments)
{
    size_t spare = 64; /* enough for nearly all texts; a longer text is printed once more */
    int    size = 0;

    while (text_reserve(text, spare)) {
        va_list again;

        va_copy(again, arguments);
        size = vsnprintf(text->data + text->size, spare, format, again);
        va_end(again);
        if (size < 0 || (size_t) size < spare)
            break;
        spare = (size_t) size + 1;
    }
    if (size < 0)
        text->failed = true;
    if (!text->failed)
        text->size += (size_t) size;
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vprintf(text, format, arguments);
    va_end(arguments);
}

/* The facts about a character that its first byte tells. */
static const struct lead {
    unsigned char mask, bits, following;
    uint32_t      least; /* a smaller code in this many bytes is not UTF-8 */
} leads[] = {
    {0x80, 0x00, 0, 0},
    {0xe0, 0xc0, 1, 0x80},
    {0xf0, 0xe0, 2, 0x800},
    {0xf8, 0xf0, 3, 0x10000},
};

/*
 * Decodes the character at DATA, which has SIZE > 0 bytes. Returns the number of bytes of the
 * character, or 0 if they are not UTF-8.
 */
static size_t decode(const char *data, size_t size, uint32_t *ret)
{
    const unsigned char *bytes = (const unsigned char *) data;

    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        const struct lead *lead = &leads[i];
        uint32_t           code = bytes[0] & (unsigned char) ~lead->mask;

        if ((bytes[0] & lead->mask) != lead->bits)
            continue;
        if (size <= lead->following)
            return 0;
        for (size_t k = 1; k <= lead->following; k++) {
            if ((bytes[k] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (bytes[k] & 0x3f);
        }
        if (code < lead->least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return 0;
        *ret = code;
        return lead->following + 1U;
    }
    return 0;
}

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

#define IS_IN(code, ranges) is_in(code, ranges, sizeof(ranges) / sizeof((ranges)[0]))

/* Returns true if a terminal would act on the character, or if the character reverses the text around it. */
static bool is_control(uint32_t code)
{
    static const struct range controls[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},
        {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
    };

    return IS_IN(code, controls);
}

static size_t columns_of(uint32_t code)
{
    static const struct range none[] = {
        {0x300, 0x36f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
        {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
    };

    if (code < 0x300)
        return 1;
    return IS_IN(code, none) ? 0 : IS_IN(code, wide) ? 2 : 1;
}

/* Appends one character, or a byte that begins no character, in a form that can be shown. Returns its size. */
static size_t add_one_escaped(struct text *text, const char *data, size_t size)
{
    uint32_t code = 0;
    size_t   bytes = decode(data, size, &code);

    if (bytes > 0 && !is_control(code)) {
        text_append(text, data, bytes);
        return bytes;
    }
    if (code == '\n' || code == '\t' || code == '\r') {
        text_add(text, code == '\n' ? "\\n" : code == '\t' ? "\\t" : "\\r");
        return bytes;
    }
    text_printf(text, "\\x%02x", (unsigned char) data[0]);
    return 1;
}

/* Marks the bytes of WORD that are not printable ASCII (byte_scan.h). */
static inline uint64_t mark_other(uint64_t word)
{
    return BYTE_SCAN_HIGH((word - BYTE_SCAN_ALL(' ')) | (word + BYTE_SCAN_ALL(1)) | word);
}

size_t text_plain(const char *data, size_t size)
{
    return byte_scan_unmarked(data, size, mark_other);
}

void text_add_escaped(struct text *text, const char *string, size_t length)
{
    size_t done = 0;

    while (done < length) {
        size_t plain = text_plain(string + done, length - done);

        text_append(text, string + done, plain);
        done += plain;
        if (done < length)
            done += add_one_escaped(text, string + done, length - done);
    }
}

bool text_is_utf8(const char *data, size_t size)
{
    uint32_t code;

    for (size_t done = text_plain(data, size); done < size;
         done += text_plain(data + done, size - done)) {
        size_t bytes = decode(data + done, size - done, &code);

        if (bytes == 0)
            return false;
        done += bytes;
    }
    return true;
}

/* Returns true if STRING can be shown as it is, within quotes. */
static bool is_printable(const char *string, size_t length)
{
    size_t   done = text_plain(string, length);
    uint32_t code;

    while (done < length) {
        size_t bytes = decode(string + done, length - done, &code);

        if (bytes == 0 || is_control(code))
            return false;
        done += bytes;
    }
    return true;
}

static void add_in_quotes(struct text *text, const char *string)
{
    text_byte(text, '\'', 1);
    for (; *string != '\0'; string++) {
        if (*string == '\'')
            text_add(text, "'\\''");
        else
            text_byte(text, *string, 1);
    }
    text_byte(text, '\'', 1);
}

/* Appends STRING in $'…', the quotes of bash and zsh for bytes that cannot be shown. */
static void add_in_dollar_quotes(struct text *text, const char *string, size_t length)
{
    text_add(text, "$'");
    for (size_t done = 0; done < length;) {
        if (string[done] == '\'' || string[done] == '\\') {
            text_byte(text, '\\', 1);
            text_byte(text, string[done++], 1);
        } else {
            done += add_one_escaped(text, string + done, length - done);
        }
    }
    text_byte(text, '\'', 1);
}

/* Returns true if the byte means nothing to a shell, wherever it stands. */
static bool is_safe(char byte)
{
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
        (byte >= '0' && byte <= '9'))
        return true;
    switch (byte) { /* strchr() would be a call for each byte */
    case '_':
    case '-':
    case '+':
    case '=':
    case '.':
    case '/':
    case ',':
    case ':':
    case '@':
    case '%':
    case '^':
        return true;
    default:
        return false;
    }
}

void text_add_quoted(struct text *text, const char *string)
{
    size_t safe = 0, length;

    while (is_safe(string[safe]))
        safe++;
    length = safe + strlen(string + safe);
    if (length > 0 && safe == length)
        text_append(text, string, length);
    else if (is_printable(string, length))
        add_in_quotes(text, string);
    else
        add_in_dollar_quotes(text, string, length);
}

size_t text_width(const char *data, size_t size)
{
    size_t   done = text_plain(data, size);
    size_t   columns = done;
    uint32_t code;

    while (done < size) {
        size_t bytes = decode(data + done, size - done, &code);

        columns += bytes > 0 ? columns_of(code) : 1;
        done += bytes > 0 ? bytes : 1;
    }
    return columns;
}

size_t text_fit(const char *data, size_t size, size_t columns)
{
    size_t   done = 0;
    uint32_t code;

    while (done < size) {
        size_t bytes = decode(data + done, size - done, &code);
        size_t wants = bytes > 0 ? columns_of(code) : 1;

        if (wants > columns)
            break;
        columns -= wants;
        done += bytes > 0 ? bytes : 1;
    }
    return done;
}

void text_release(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
