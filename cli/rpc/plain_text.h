/* Takes plain pieces off the front of JSON text: words that are known, and strings without escapes. */
#ifndef K3THREAD_CLI_RPC_PLAIN_TEXT_H
#define K3THREAD_CLI_RPC_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The text that was not taken yet. */
struct plain_text {
    const char *at, *end;
};

/* Moves behind WORD. Returns false if WORD does not come next. */
static inline bool plain_text_take(struct plain_text *text, const char *word)
{
    size_t size = strlen(word);

    if ((size_t) (text->end - text->at) < size || memcmp(text->at, word, size) != 0)
        return false;
    text->at += size;
    return true;
}

/*
 * Moves behind a string of printable ASCII without escapes, whose first quote was taken, and behind its last quote.
 * Returns the string, of *RET_SIZE bytes, or NULL if another one comes next.
 */
static inline const char *plain_text_take_string(struct plain_text *text, size_t *ret_size)
{
    const char *begin = text->at;

    while (text->at < text->end && *text->at >= ' ' && *text->at < 0x7f && *text->at != '"' &&
           *text->at != '\\')
        text->at++;
    *ret_size = (size_t) (text->at - begin);
    return plain_text_take(text, "\"") ? begin : NULL;
}

#endif
