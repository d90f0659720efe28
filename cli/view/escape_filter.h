/*
 * Filters escape sequences and control characters in the output of commands that share a terminal: colours pass, but
 * nothing that clears the screen, leaves the command's part of its line or changes a setting. A backspace passes only
 * as far back as the beginning of that part.
 */
#ifndef K3THREAD_CLI_VIEW_ESCAPE_FILTER_H
#define K3THREAD_CLI_VIEW_ESCAPE_FILTER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* A sequence that has begun in one piece of a line and goes on in the next. Zeroed: none. */
struct escape_filter {
    enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CONTROL, ESCAPE_STRING, ESCAPE_STRING_END } state;
    size_t
        size; /* of the bytes kept; if larger than the buffer, the sequence is too long to be a colour */
    char kept[48];

    char   last;   /* the byte before, outside of sequences */
    size_t column; /* of the cursor, in characters behind the name */
};

/* Returns true if the SIZE bytes at DATA have a byte that the filter must look at. */
bool escape_filter_must_look(const char *data, size_t size);

/* Adds a piece of a line, without the sequences that may not pass. */
void escape_filter_add(struct escape_filter *filter, struct text *text, const char *piece,
                       size_t size);

/* Notes that the cursor is behind the name: the next piece begins there. */
void escape_filter_begin_line(struct escape_filter *filter);

/* Drops the sequence that is unfinished at the end of a line. */
void escape_filter_end_line(struct escape_filter *filter);

#endif
