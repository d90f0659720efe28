/* Asks the supervisor for the words that only it knows: threads, and the exceptions of an attached process. */
#ifndef K3THREAD_CLI_COMMANDS_COMPLETION_ASK_H
#define K3THREAD_CLI_COMMANDS_COMPLETION_ASK_H

#include "cli/commands/completion_kinds.h"
#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Returns what the supervisor lists for a word of KIND, a new reference; NULL if KIND needs no supervisor, or if there
 * is none. For threads, the list has the threads that the command in WORDS accepts, or the threads inside a process,
 * if CURRENT, the word so far, names such. For an exception, it has the exceptions of the thread that stands before
 * it. COUNT WORDS stand before CURRENT. Starts no supervisor. Uses the session's connection.
 */
json_t *complete_ask(struct session *session, enum complete_kind kind, char *const *words,
                     size_t count, const char *current);

#endif
