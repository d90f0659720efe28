/*
 * Escape sequences in what commands print, where the terminal is not theirs alone: colours pass,
 * whatever clears, moves or sets something else does not.
 */
#ifndef K3THREAD_CLI_VIEW_ESCAPES_H
#define K3THREAD_CLI_VIEW_ESCAPES_H

#include "cli/base/text.h"

#include <stddef.h>

/* The sequence that the last piece of a line left unfinished. Zeroed: none. */
struct escapes {
    enum { ESCAPES_NONE, ESCAPES_BEGUN, ESCAPES_CONTROL, ESCAPES_STRING, ESCAPES_STRING_END } state;
    size_t size; /* of what is kept of it; beyond its end: too long for a colour */
    char   kept[48];
};

/* Adds what may pass of a piece of a line. At the end of a line: a sequence ends with it. */
void escapes_add(struct escapes *escapes, struct text *text, const char *piece, size_t size);
void escapes_end_line(struct escapes *escapes);

#endif
