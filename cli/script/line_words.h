/*
 * A line of a script becomes words, with quotes, comments and expansions as in the shell.
 *
 *     # a comment, at the start of a word
 *     'as it is'   "with $NAME and \" in it"   \x   a trailing backslash continues the line
 *     $0 $1 … $9 ${10} $# $* $@   $NAME ${NAME} ${NAME:-when it is unset or empty}   ~ ~/x
 *
 * An expansion is never split into words and never matched against files: $NAME is at most one
 * word; "$@", $@ and $* are a word for each argument, "$*" is one word for all. As in the shell, a
 * word that consists only of unquoted expansions, all empty, is left out. What only a shell can do
 * (pipes, lists, redirections, command substitution) is refused instead of becoming an argument.
 *
 * Reads no file, no environment but the one given, and keeps no state.
 */
#ifndef K3THREAD_CLI_SCRIPT_LINE_WORDS_H
#define K3THREAD_CLI_SCRIPT_LINE_WORDS_H

#include "cli/script/line_scanner.h"
#include "cli/script/words.h"

#include <stddef.h>

/*
 * Splits TEXT up to its first newline that is neither quoted nor continued, or to its end.
 *
 * Returns 0 with words to be released (none, for an empty line); -EAGAIN when TEXT is incomplete,
 * as with an open quote; -EINVAL when more text would not make it right; -ENOMEM. For
 * -EAGAIN and -EINVAL, *RET_ERROR says where the line is wrong, and WHY gets a sentence, which may
 * hold control characters of the text.
 */
int words_split(struct words *ret, const char *text, size_t size, const struct words_scope *scope,
                struct words_error *ret_error, struct text *why);

#endif
