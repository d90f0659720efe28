/*
 * Escape sequences in the output of commands that share a terminal: colours pass, but nothing that
 * clears, moves or sets something else.
 */
#ifndef K3THREAD_CLI_VIEW_ESCAPES_H
#define K3THREAD_CLI_VIEW_ESCAPES_H

#include "cli/base/text.h"

#include <stddef.h>

/* The sequence that the last piece of a line has left unfinished. Zeroed: none. */
struct escapes {
    enum { ESCAPES_NONE, ESCAPES_BEGUN, ESCAPES_CONTROL, ESCAPES_STRING, ESCAPES_STRING_END } state;
    size_t size; /* of what is kept; larger than that: the sequence is too long for a colour */
    char   kept[48];
};

/* Adds a piece of a line, without what may not pass. */
void escapes_add(struct escapes *escapes, struct text *text, const char *piece, size_t size);

/* Ends a sequence that the line has left unfinished. */
void escapes_end_line(struct escapes *escapes);

#endif
