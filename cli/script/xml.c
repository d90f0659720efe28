#include "cli/script/xml.h"

#include <stdarg.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define ESCAPE      '\x1b'

/* Returns the size of the control sequence (ESC [ … letter) at BYTES; 0: there is none. */
static size_t control_sequence(const char *bytes, size_t size)
{
    size_t at = 2;

    if (size < 3 || bytes[0] != ESCAPE || bytes[1] != '[')
        return 0;
    while (at < size && bytes[at] >= ' ' && bytes[at] <= '?')
        at++;
    return at < size && bytes[at] >= '@' && bytes[at] <= '~' ? at + 1 : 0;
}

/*
 * Returns the size of the non-ASCII character at BYTES; 0 if it is not valid UTF-8, or not allowed
 * in XML.
 */
static size_t wide_character(const char *bytes, size_t size)
{
    size_t length = 2;

    while (length <= 4 && length <= size && !text_is_utf8(bytes, length))
        length++;
    if (length > 4 || length > size)
        return 0;
    if (length == 3 &&
        (memcmp(bytes, "\xef\xbf\xbe", 3) == 0 || memcmp(bytes, "\xef\xbf\xbf", 3) == 0))
        return 0;
    return length;
}

/*
 * Adds the byte CHARACTER, which is ASCII. Escapes a carriage return, which readers of XML would
 * drop.
 */
static void add_ascii(struct text *text, char character)
{
    switch (character) {
    case '&':
        text_add(text, "&amp;");
        break;
    case '<':
        text_add(text, "&lt;");
        break;
    case '>':
        text_add(text, "&gt;");
        break;
    case '"':
        text_add(text, "&quot;");
        break;
    case '\t':
    case '\n':
        text_byte(text, character, 1);
        break;
    case '\r':
        text_add(text, "&#13;");
        break;
    default:
        if (character >= ' ')
            text_byte(text, character, 1);
        else
            text_add(text, REPLACEMENT);
    }
}

/* Adds the first character of BYTES. Returns the number of its bytes. */
static size_t add_one(struct text *text, const char *bytes, size_t size)
{
    size_t length = control_sequence(bytes, size);

    if (length > 0)
        return length;
    if ((unsigned char) bytes[0] < 0x80) {
        add_ascii(text, bytes[0]);
        return 1;
    }
    length = wide_character(bytes, size);
    if (length > 0) {
        text_append(text, bytes, length);
        return length;
    }
    text_add(text, REPLACEMENT);
    return 1;
}

void xml_add(struct text *text, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;)
        done += add_one(text, bytes + done, size - done);
}

void xml_add_attribute(struct text *text, const char *name, const char *bytes, size_t size)
{
    text_printf(text, " %s=\"", name);
    xml_add(text, bytes, size);
    text_byte(text, '"', 1);
}

void xml_print_attribute(struct text *text, const char *name, const char *format, ...)
{
    struct text value = {0};
    va_list     arguments;

    va_start(arguments, format);
    text_vprintf(&value, format, arguments);
    va_end(arguments);
    xml_add_attribute(text, name, value.data, value.size);
    text->failed |= value.failed;
    text_release(&value);
}
