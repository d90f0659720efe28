/*
 * Filters escape sequences in the output of commands that share a terminal: colours pass, but no
 * sequence that clears the screen, moves the cursor or changes a setting.
 */
#ifndef K3THREAD_CLI_VIEW_ESCAPES_H
#define K3THREAD_CLI_VIEW_ESCAPES_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* A sequence that has begun in one piece of a line and goes on in the next. Zeroed: none. */
struct escapes {
    enum { ESCAPES_NONE, ESCAPES_BEGUN, ESCAPES_CONTROL, ESCAPES_STRING, ESCAPES_STRING_END } state;
    size_t
        size; /* of the bytes kept; if larger than the buffer, the sequence is too long to be a colour */
    char kept[48];
};

/* Returns true if a sequence begins in the SIZE bytes at DATA. */
bool escapes_are_in(const char *data, size_t size);

/* Adds a piece of a line, without the sequences that may not pass. */
void escapes_add(struct escapes *escapes, struct text *text, const char *piece, size_t size);

/* Drops the sequence that is unfinished at the end of a line. */
void escapes_end_line(struct escapes *escapes);

#endif
