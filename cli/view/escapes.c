#include "cli/view/escapes.h"

#include <string.h>

#define ESCAPE '\033'
#define BELL   '\a'

void escapes_end_line(struct escapes *escapes)
{
    escapes->state = ESCAPES_NONE;
}

static void begin(struct escapes *escapes)
{
    escapes->state = ESCAPES_BEGUN;
    escapes->size = 0;
}

static void keep(struct escapes *escapes, char byte)
{
    if (escapes->size < sizeof(escapes->kept))
        escapes->kept[escapes->size] = byte;
    escapes->size++;
}

/*
 * Returns true for ESC [ NUMBERS m, which sets a colour. With other bytes in it, it sets something
 * else.
 */
static bool is_colour(const struct escapes *escapes)
{
    if (escapes->size > sizeof(escapes->kept))
        return false;
    for (size_t i = 0; i < escapes->size; i++)
        if (strchr("0123456789;:", escapes->kept[i]) == NULL || escapes->kept[i] == '\0')
            return false;
    return true;
}

/*
 * Takes the byte behind ESC, which tells the kind of the sequence. A sequence of an unknown kind
 * ends with its first byte outside " " to "/".
 */
static void take_kind(struct escapes *escapes, char byte)
{
    if (byte == '[')
        escapes->state = ESCAPES_CONTROL;
    else if (byte != '\0' && strchr("]P^_X", byte) != NULL)
        escapes->state = ESCAPES_STRING;
    else if (byte < ' ' || byte > '/')
        escapes->state = ESCAPES_NONE;
}

/* Takes a byte within ESC [ …, which ends with a byte from "@" to "~". */
static void take_control(struct escapes *escapes, struct text *text, char byte)
{
    if (byte < '@' || byte > '~') {
        keep(escapes, byte);
        return;
    }
    escapes->state = ESCAPES_NONE;
    if (byte != 'm' || !is_colour(escapes))
        return;
    text_add(text, "\033[");
    text_append(text, escapes->kept, escapes->size);
    text_byte(text, 'm', 1);
}

static void take(struct escapes *escapes, struct text *text, char byte)
{
    if (byte == ESCAPE && escapes->state != ESCAPES_STRING) {
        begin(escapes);
        return;
    }
    switch (escapes->state) {
    case ESCAPES_NONE:
        text_byte(text, byte, 1);
        break;
    case ESCAPES_BEGUN:
        take_kind(escapes, byte);
        break;
    case ESCAPES_CONTROL:
        take_control(escapes, text, byte);
        break;
    case ESCAPES_STRING:
        if (byte == BELL)
            escapes->state = ESCAPES_NONE;
        else if (byte == ESCAPE)
            escapes->state = ESCAPES_STRING_END;
        break;
    case ESCAPES_STRING_END: /* ESC \\ ends the string; with any other byte, ESC begins a new sequence */
        escapes->state = ESCAPES_NONE;
        if (byte != '\\') {
            begin(escapes);
            take_kind(escapes, byte);
        }
        break;
    }
}

bool escapes_are_in(const char *data, size_t size)
{
    return memchr(data, ESCAPE, size) != NULL;
}

void escapes_add(struct escapes *escapes, struct text *text, const char *piece, size_t size)
{
    while (size > 0) {
        const char *escape = memchr(piece, ESCAPE, size);
        size_t      plain = escape != NULL ? (size_t) (escape - piece) : size;

        if (escapes->state == ESCAPES_NONE && plain > 0) {
            text_append(text, piece, plain);
        } else {
            take(escapes, text, *piece);
            plain = 1;
        }
        piece += plain;
        size -= plain;
    }
}
