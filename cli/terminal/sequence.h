/*
 * The escape sequences in a terminal's output: finds where each begins and ends, and the effect of some of them.
 *
 * The output is taken byte by byte, so a sequence may arrive in parts. All other bytes are text.
 */
#ifndef K3THREAD_CLI_TERMINAL_SEQUENCE_H
#define K3THREAD_CLI_TERMINAL_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>

/* The forms of sequences; see ECMA-48. */
enum sequence_form {
    SEQUENCE_NONE,    /* text */
    SEQUENCE_ESCAPE,  /* ESC, intermediate bytes, a final byte */
    SEQUENCE_CONTROL, /* ESC [, parameters and intermediate bytes, a final byte */
    SEQUENCE_STRING,  /* ESC and one of P ] X ^ _, a string, BEL or ESC \ */
};

/* The most bytes of a sequence's middle that are kept. The sequences that this file recognises have fewer. */
#define SEQUENCE_KEPT 48

/* A sequence that has begun. Zeroed: none. */
struct sequence {
    enum sequence_form form;
    char               opener; /* the byte behind ESC, of a string */
    char               final;  /* the last byte, of a complete sequence */
    bool               is_begun, has_escape;
    size_t             size; /* of the whole middle, with the bytes that are not kept */
    char               middle[SEQUENCE_KEPT + 1];
};

/* The role of one byte. */
enum sequence_step {
    SEQUENCE_TEXT,     /* text, or a control character */
    SEQUENCE_BEGINS,   /* it begins a sequence */
    SEQUENCE_INSIDE,   /* it continues the sequence */
    SEQUENCE_COMPLETE, /* it ends a sequence, which is in SEQUENCE until the next byte */
};

/* Takes the next byte of the output. */
enum sequence_step sequence_take(struct sequence *sequence, char byte);

/* The functions below take a complete sequence. */

/* Returns true if a terminal answers the sequence, or if the sequence changes more than the screen. */
bool sequence_is_query(const struct sequence *sequence);

/* Returns true if the sequence clears the whole screen. */
bool sequence_clears(const struct sequence *sequence);

/*
 * Return true if the sequence moves the cursor to the upper left; if it clears the screen from the cursor on; or if
 * it sets colours.
 */
bool sequence_goes_home(const struct sequence *sequence);
bool sequence_clears_rest(const struct sequence *sequence);
bool sequence_sets_colours(const struct sequence *sequence);

/* Returns true if the sequence moves the cursor to a row. */
bool sequence_moves(const struct sequence *sequence);

/* Calls VISIT for each number of a "CSI ? numbers h" (SET) or "CSI ? numbers l". */
void sequence_modes(const struct sequence *sequence,
                    void (*visit)(void *context, unsigned mode, bool set), void *context);

#endif
