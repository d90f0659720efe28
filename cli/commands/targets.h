/* Finds the threads that the words of a command mean: names, ids and patterns, of live and ended threads. */
#ifndef K3THREAD_CLI_COMMANDS_TARGETS_H
#define K3THREAD_CLI_COMMANDS_TARGETS_H

#include "cli/commands/session.h"

#include <jansson.h>

/*
 * Appends to TARGETS the threads that WORDS, up to a NULL, mean: for a name or an id the parameter of a
 * request, for a pattern the newest thread of each matching name. Returns the exit status, after
 * reporting a failure. A word that means no thread is a failure.
 */
int targets_find(const struct invocation *invocation, char **words, json_t *targets);

/* Appends all live threads. Returns as targets_find() does. */
int targets_find_live(const struct invocation *invocation, json_t *targets);

/* Returns the parameter by which a request names TARGET. Borrowed from TARGET. */
json_t *target_word(json_t *target);

#endif
