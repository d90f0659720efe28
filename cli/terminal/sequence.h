/*
 * The escape sequences in a terminal's output: where each begins and ends, and what some of them do.
 *
 * The bytes come in pieces of any size. Everything that is no sequence is text.
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

/* The bytes of a sequence's middle that are kept; no sequence that matters here has more. */
#define SEQUENCE_KEPT 48

/* A sequence that has begun. Zeroed: none. */
struct sequence {
    enum sequence_form form;
    char               opener; /* of a string: the byte behind ESC */
    char               final;  /* of the others, when they are complete */
    bool               is_begun, has_escape;
    size_t             size; /* of the middle, also what is not kept */
    char               middle[SEQUENCE_KEPT + 1];
};

/* What the next byte is. */
enum sequence_step {
    SEQUENCE_TEXT,     /* text, or a control character */
    SEQUENCE_BEGINS,   /* it begins a sequence */
    SEQUENCE_INSIDE,   /* it continues the sequence */
    SEQUENCE_COMPLETE, /* it ends a sequence, which is in SEQUENCE until the next byte */
};

/* Takes the next byte of the output. */
enum sequence_step sequence_take(struct sequence *sequence, char byte);

/* Each of these looks at a sequence that is complete. */

/* Returns true if the terminal answers it, or if it changes something beside the screen. */
bool sequence_is_query(const struct sequence *sequence);

/* Returns true if it clears the whole screen. */
bool sequence_clears(const struct sequence *sequence);

/* Return true if it moves the cursor to the upper left, clears from the cursor on, sets colours. */
bool sequence_goes_home(const struct sequence *sequence);
bool sequence_clears_rest(const struct sequence *sequence);
bool sequence_colours(const struct sequence *sequence);

/* Returns true if it moves the cursor to a row. */
bool sequence_moves(const struct sequence *sequence);

/* Calls VISIT for each number of a "CSI ? numbers h" (SET) or "CSI ? numbers l". */
void sequence_modes(const struct sequence *sequence,
                    void (*visit)(void *context, unsigned mode, bool set), void *context);

#endif
