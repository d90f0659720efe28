/*
 * The words of a command. A script or a file puts them together in this way:
 *
 *     words_add(&bytes, "start", &count);       for each word
 *     words_make(&words, &bytes, count);
 */
#ifndef K3THREAD_CLI_SCRIPT_WORDS_H
#define K3THREAD_CLI_SCRIPT_WORDS_H

#include "cli/base/text.h"

#include <stddef.h>

/* The words of one command. Zeroed: none. */
struct words {
    size_t count;
    char **list; /* `count` strings, and NULL */
    char  *bytes;
};

/* Ends the word that was appended to BYTES, and adds 1 to *COUNT. */
void words_end(struct text *bytes, size_t *count);

/* Appends WORD to BYTES as a whole word, and adds 1 to *COUNT. */
void words_add(struct text *bytes, const char *word, size_t *count);

/* Makes *RET of the COUNT words in BYTES, which it takes over. Returns 1, or -ENOMEM. */
int words_make(struct words *ret, struct text *bytes, size_t count);

void words_release(struct words *words);

#endif
