/*
 * Reads an outline of the thread of a start from the words alone: the command that will run the
 * start checks the words itself, when the files that they name are there.
 */
#ifndef K3THREAD_CLI_SCRIPT_START_OUTLINE_H
#define K3THREAD_CLI_SCRIPT_START_OUTLINE_H

#include "cli/script/words.h"

#include <stdbool.h>
#include <stddef.h>

/* The outline of one start. Zeroed it is empty. */
struct start_outline {
    const char  *name; /* of --name, borrowed from the words; NULL: not given */
    bool         daemon;
    const char **needs; /* of each --needs, borrowed from the words */
    size_t       needs_count;
};

/* Returns true if WORDS begin with the name of a command that starts a thread. */
bool start_outline_fits(const struct words *words);

/*
 * Reads WORDS, which fit. Returns STATUS_DONE, or STATUS_USAGE or STATUS_FAILED after reporting the failure.
 */
int start_outline_read(struct start_outline *ret, const struct words *words);

/* Reads WORDS, which fit. Returns false, and reports nothing, if WORDS are wrong. */
bool start_outline_try(struct start_outline *ret, const struct words *words);

void start_outline_release(struct start_outline *outline);

#endif
