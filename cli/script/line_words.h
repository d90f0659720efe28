/*
 * Splits a line of a script into words, with quotes, comments and expansions as in the shell.
 *
 *     # a comment, at the start of a word
 *     'as it is'   "with $NAME and \" in it"   \x   a trailing backslash continues the line
 *     $0 $1 … $9 ${10} $# $* $@   $NAME ${NAME} ${NAME:-when it is unset or empty}   ~ ~/x
 *
 * An expansion is never split into words and never matched against files: $NAME is at most one
 * word; "$@", $@ and $* make a word of each argument, "$*" makes one word of all. As in the shell,
 * a word is left out if it consists only of unquoted expansions that are all empty. Syntax that
 * needs a shell (pipes, lists, redirections, command substitution) is refused instead of becoming
 * an argument.
 *
 * Reads no file, and no environment but the given one. Keeps no state.
 */
#ifndef K3THREAD_CLI_SCRIPT_LINE_WORDS_H
#define K3THREAD_CLI_SCRIPT_LINE_WORDS_H

#include "cli/script/line_scanner.h"
#include "cli/script/words.h"

#include <stddef.h>

/*
 * Splits TEXT up to its end, or to the first newline that is neither quoted nor continued.
 *
 * Returns 0 with words that the caller must release (none for an empty line); -EAGAIN if TEXT is
 * incomplete, for example has an open quote; -EINVAL if more text would not make it valid; -ENOMEM.
 * For -EAGAIN and -EINVAL, *RET_ERROR gets the place of the error, and WHY a sentence, which may hold
 * control characters of the text.
 */
int words_split(struct words *ret, const char *text, size_t size, const struct words_scope *scope,
                struct words_error *ret_error, struct text *why);

#endif
