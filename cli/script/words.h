/*
 * One line of a script, to words: quotes, comments and expansions as in the shell.
 *
 *     # a comment, at the start of a word
 *     'as it is'   "with $NAME and \" in it"   \x   a trailing backslash continues the line
 *     $0 $1 … $9 ${10} $# $* $@   $NAME ${NAME} ${NAME:-when it is unset or empty}   ~ ~/x
 *
 * An expansion is never split into words and never matched against files: $NAME is at most one
 * word; "$@", $@ and $* are one for each argument, "$*" is one for all. As in the shell, a word that
 * holds nothing but expansions without quotes that came out empty is none. What only a shell can do
 * (pipes, lists, redirections, command substitution) is refused instead of becoming an argument.
 *
 * Pure: reads no file, no environment but the one given, and keeps no state.
 */
#ifndef K3THREAD_CLI_SCRIPT_WORDS_H
#define K3THREAD_CLI_SCRIPT_WORDS_H

#include "cli/base/text.h"

#include <stddef.h>

/* All words of a line together, with their expansions; an exec takes less. */
#define WORDS_SIZE_MAX (8U * 1024 * 1024)

struct words {
    size_t count;
    char **list; /* count strings, and NULL */
    char  *bytes;
};

/* What expansions are made from. All of it is borrowed, and may be NULL. */
struct words_scope {
    const char  *name;        /* $0 */
    char *const *arguments;   /* $1 and so on, and NULL */
    char *const *environment; /* "NAME=VALUE", and NULL */
};

struct words_error {
    size_t line;         /* of the text, from 0 */
    char   missing;      /* -EAGAIN: no text completes the line that has none of these */
    char   message[120]; /* a sentence; may hold control characters of the text */
};

/*
 * Splits TEXT up to its first newline that is neither quoted nor continued, or to its end.
 *
 * Returns 0 with words to be released (none, for an empty line); -EAGAIN when TEXT is incomplete,
 * as with an open quote; -EINVAL when no more text makes it right; -ENOMEM. *RET_ERROR is filled
 * for the first two of these.
 */
int words_split(struct words *ret, const char *text, size_t size, const struct words_scope *scope,
                struct words_error *ret_error);

/*
 * Words that are put together: append the bytes of one to a text, call words_end(), and so on;
 * words_make() makes words of all COUNT of them. It uses the text up. Returns 1 or -ENOMEM.
 */
void words_end(struct text *bytes, size_t *count);
int  words_make(struct words *ret, struct text *bytes, size_t count);

/* Zeroed words are fine. */
void words_release(struct words *words);

#endif
