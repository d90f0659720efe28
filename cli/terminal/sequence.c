#include "cli/terminal/sequence.h"

#include <stdlib.h>
#include <string.h>

#define ESCAPE '\033'
#define BELL   '\a'
#define CANCEL 0x18

static bool is_between(char byte, unsigned char first, unsigned char last)
{
    return (unsigned char) byte >= first && (unsigned char) byte <= last;
}

static void keep(struct sequence *sequence, char byte)
{
    if (sequence->size < SEQUENCE_KEPT)
        sequence->middle[sequence->size] = byte; /* begin() has set the bytes behind it to zero */
    sequence->size++;
}

static enum sequence_step begin(struct sequence *sequence)
{
    *sequence = (struct sequence){.form = SEQUENCE_ESCAPE, .is_begun = true};
    return SEQUENCE_BEGINS;
}

static enum sequence_step complete(struct sequence *sequence, char final)
{
    sequence->final = final;
    sequence->is_begun = false;
    return SEQUENCE_COMPLETE;
}

/* Takes a byte behind an ESC and its intermediate bytes. */
static enum sequence_step take_escape(struct sequence *sequence, char byte)
{
    if (is_between(byte, 0x20, 0x2f)) {
        keep(sequence, byte);
        return SEQUENCE_INSIDE;
    }
    if (sequence->size == 0 && byte == '[') {
        sequence->form = SEQUENCE_CONTROL;
        return SEQUENCE_INSIDE;
    }
    if (sequence->size == 0 && byte != '\0' && strchr("P]X^_", byte) != NULL) {
        sequence->form = SEQUENCE_STRING;
        sequence->opener = byte;
        return SEQUENCE_INSIDE;
    }
    return complete(sequence, byte);
}

static enum sequence_step take_string(struct sequence *sequence, char byte)
{
    bool had_escape = sequence->has_escape;

    sequence->has_escape = byte == ESCAPE;
    if (byte == BELL || (had_escape && byte == '\\'))
        return complete(sequence, byte);
    if (had_escape) { /* the ESC before BYTE begins another sequence, which cuts the string short */
        (void) begin(sequence);
        return sequence_take(sequence, byte);
    }
    if (byte != ESCAPE)
        keep(sequence, byte);
    return SEQUENCE_INSIDE;
}

enum sequence_step sequence_take(struct sequence *sequence, char byte)
{
    if (!sequence->is_begun && byte != ESCAPE)
        return SEQUENCE_TEXT;
    if (sequence->is_begun && sequence->form == SEQUENCE_STRING && byte != CANCEL)
        return take_string(sequence, byte);
    if (byte == ESCAPE)
        return begin(sequence);
    if (byte == CANCEL) {
        *sequence = (struct sequence){0};
        return SEQUENCE_COMPLETE;
    }
    if (is_between(byte, 0, 0x1f)) /* a control character inside a sequence acts by itself */
        return SEQUENCE_INSIDE;
    if (sequence->form == SEQUENCE_ESCAPE)
        return take_escape(sequence, byte);
    if (is_between(byte, 0x40, 0x7e))
        return complete(sequence, byte);
    keep(sequence, byte);
    return SEQUENCE_INSIDE;
}

static bool is_control(const struct sequence *sequence, char final)
{
    return sequence->form == SEQUENCE_CONTROL && sequence->final == final;
}

/* Returns true if the middle begins with START. */
static bool starts(const struct sequence *sequence, const char *start)
{
    return strncmp(sequence->middle, start, strlen(start)) == 0;
}

static bool control_is_query(const struct sequence *sequence)
{
    switch (sequence->final) {
    case 'c': /* device attributes */
    case 'n': /* device status */
    case 't': /* the window */
    case 'x': /* the terminal's parameters */
        return true;
    case 'p': /* a mode */
        return strchr(sequence->middle, '$') != NULL;
    case 'q': /* the terminal's version */
        return starts(sequence, ">");
    case 'u': /* the keyboard's protocol */
        return starts(sequence, "?");
    default:
        return false;
    }
}

static bool string_is_query(const struct sequence *sequence)
{
    if (sequence->opener == ']')
        return strstr(sequence->middle, ";?") != NULL || starts(sequence, "52;");
    return sequence->opener == 'P' && (starts(sequence, "$q") || starts(sequence, "+q"));
}

bool sequence_is_query(const struct sequence *sequence)
{
    switch (sequence->form) {
    case SEQUENCE_CONTROL:
        return control_is_query(sequence);
    case SEQUENCE_STRING:
        return string_is_query(sequence);
    case SEQUENCE_ESCAPE:
        return sequence->size == 0 && sequence->final == 'Z';
    default: /* SEQUENCE_NONE */
        return false;
    }
}

bool sequence_clears(const struct sequence *sequence)
{
    if (sequence->form == SEQUENCE_ESCAPE)
        return sequence->size == 0 && sequence->final == 'c';
    return is_control(sequence, 'J') &&
           (strcmp(sequence->middle, "2") == 0 || strcmp(sequence->middle, "3") == 0);
}

bool sequence_goes_home(const struct sequence *sequence)
{
    return (is_control(sequence, 'H') || is_control(sequence, 'f')) &&
           (sequence->size == 0 || strcmp(sequence->middle, "1;1") == 0 ||
            strcmp(sequence->middle, "1") == 0);
}

bool sequence_clears_rest(const struct sequence *sequence)
{
    return is_control(sequence, 'J') && (sequence->size == 0 || strcmp(sequence->middle, "0") == 0);
}

bool sequence_sets_colours(const struct sequence *sequence)
{
    return is_control(sequence, 'm');
}

bool sequence_moves(const struct sequence *sequence)
{
    return is_control(sequence, 'H') || is_control(sequence, 'f') || is_control(sequence, 'd');
}

void sequence_modes(const struct sequence *sequence,
                    void (*visit)(void *context, unsigned mode, bool set), void *context)
{
    const char *at = sequence->middle;

    if ((!is_control(sequence, 'h') && !is_control(sequence, 'l')) || at[0] != '?')
        return;
    while (*at == '?' || *at == ';') {
        char         *end;
        unsigned long mode = strtoul(at + 1, &end, 10);

        visit(context, (unsigned) mode, sequence->final == 'h');
        at = end;
    }
}
