#include "cli/view/escape_filter.h"

#include <string.h>

#define ESCAPE    '\033'
#define BELL      '\a'
#define BACKSPACE '\b'

/* The first byte of U+0080 to U+009F in UTF-8. These characters are short forms of escape sequences. */
#define C1_LEAD '\302'

void escape_filter_begin_line(struct escape_filter *filter)
{
    filter->column = 0;
}

void escape_filter_end_line(struct escape_filter *filter)
{
    filter->state = ESCAPE_NONE;
    filter->last = '\0';
    filter->column = 0;
}

static void begin(struct escape_filter *filter)
{
    filter->state = ESCAPE_BEGUN;
    filter->size = 0;
}

static void keep(struct escape_filter *filter, char byte)
{
    if (filter->size < sizeof(filter->kept))
        filter->kept[filter->size] = byte;
    filter->size++;
}

/*
 * Returns true for ESC [ NUMBERS m, which sets a colour. With other bytes in it, it sets something
 * else.
 */
static bool is_colour(const struct escape_filter *filter)
{
    if (filter->size > sizeof(filter->kept))
        return false;
    for (size_t i = 0; i < filter->size; i++)
        if (strchr("0123456789;:", filter->kept[i]) == NULL || filter->kept[i] == '\0')
            return false;
    return true;
}

/*
 * Takes the byte behind ESC, which tells the kind of the sequence. A sequence of an unknown kind
 * ends with its first byte outside " " to "/".
 */
static void take_kind(struct escape_filter *filter, char byte)
{
    if (byte == '[')
        filter->state = ESCAPE_CONTROL;
    else if (byte != '\0' && strchr("]P^_X", byte) != NULL)
        filter->state = ESCAPE_STRING;
    else if (byte < ' ' || byte > '/')
        filter->state = ESCAPE_NONE;
}

/* Takes a byte within ESC [ …, which ends with a byte from "@" to "~". */
static void take_control(struct escape_filter *filter, struct text *text, char byte)
{
    if (byte < '@' || byte > '~') {
        keep(filter, byte);
        return;
    }
    filter->state = ESCAPE_NONE;
    if (byte != 'm' || !is_colour(filter))
        return;
    text_add(text, "\033[");
    text_append(text, filter->kept, filter->size);
    text_byte(text, 'm', 1);
}

/* Returns true for a byte that passes without a look: no control character, and no first byte of one. */
static bool is_plain(char byte)
{
    return ((unsigned char) byte >= ' ' && byte != C1_LEAD) || byte == '\t' || byte == '\n' ||
           byte == '\r' || byte == '\0' || byte == BELL;
}

/* Returns true if BYTE begins a character of UTF-8. */
static bool begins_character(char byte)
{
    return (byte & 0xc0) != 0x80;
}

/* Adds a run of bytes that pass. */
static void pass(struct escape_filter *filter, struct text *text, const char *bytes, size_t size)
{
    text_append(text, bytes, size);
    for (size_t i = 0; i < size; i++)
        filter->column += begins_character(bytes[i]);
}

/*
 * Takes a byte outside of a sequence. A character from U+0080 to U+009F is dropped with its first byte, which has
 * passed already; if that was printed, it stays as half a character, which terminals show as unknown.
 */
static void take_plain(struct escape_filter *filter, struct text *text, char byte)
{
    bool is_c1 = filter->last == C1_LEAD && (unsigned char) byte < 0xa0 && !begins_character(byte);

    if (is_c1 && text->size > 0 && text->data[text->size - 1] == C1_LEAD) {
        text->size--;
        filter->column -= filter->column > 0;
    } else if (byte == BACKSPACE && filter->column > 0) {
        text_byte(text, byte, 1);
        filter->column--;
    } else if (!is_c1 && (is_plain(byte) || byte == C1_LEAD)) {
        pass(filter, text, &byte, 1);
    }
    filter->last = byte;
}

static void take(struct escape_filter *filter, struct text *text, char byte)
{
    if (byte == ESCAPE && filter->state != ESCAPE_STRING) {
        begin(filter);
        return;
    }
    switch (filter->state) {
    case ESCAPE_NONE:
        take_plain(filter, text, byte);
        break;
    case ESCAPE_BEGUN:
        take_kind(filter, byte);
        break;
    case ESCAPE_CONTROL:
        take_control(filter, text, byte);
        break;
    case ESCAPE_STRING:
        if (byte == BELL)
            filter->state = ESCAPE_NONE;
        else if (byte == ESCAPE)
            filter->state = ESCAPE_STRING_END;
        break;
    case ESCAPE_STRING_END: /* ESC \\ ends the string; with any other byte, ESC begins a new sequence */
        filter->state = ESCAPE_NONE;
        if (byte != '\\') {
            begin(filter);
            take_kind(filter, byte);
        }
        break;
    }
}

/* The bytes that are looked at together: the compiler makes a few instructions of such a loop. */
#define BLOCK 64

/* Returns true if all BLOCK bytes at DATA are plain. Tabulators and a few others are left to the slow way. */
static bool is_plain_block(const char *data)
{
    unsigned char found = 0;

    for (size_t i = 0; i < BLOCK; i++) {
        unsigned char byte = (unsigned char) data[i];
        unsigned char is_control = byte < ' ', is_newline = byte == '\n';

        found |= (unsigned char) (is_control ^ is_newline);
        found |= byte == (unsigned char) C1_LEAD;
    }
    return found == 0;
}

/* Returns the number of bytes at DATA before the first that is not plain. */
static size_t count_plain(const char *data, size_t size)
{
    size_t i = 0;

    while (i < size) {
        if (size - i >= BLOCK && is_plain_block(data + i)) {
            i += BLOCK;
            continue;
        }
        for (size_t end = i + BLOCK; i < size && i < end; i++)
            if (!is_plain(data[i]))
                return i;
    }
    return size;
}

bool escape_filter_must_look(const char *data, size_t size)
{
    return count_plain(data, size) < size;
}

void escape_filter_add(struct escape_filter *filter, struct text *text, const char *piece,
                       size_t size)
{
    while (size > 0) {
        size_t plain =
            filter->state == ESCAPE_NONE && filter->last != C1_LEAD ? count_plain(piece, size) : 0;

        if (plain > 0) {
            pass(filter, text, piece, plain);
        } else {
            take(filter, text, *piece);
            plain = 1;
        }
        piece += plain;
        size -= plain;
    }
}
