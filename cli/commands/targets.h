/* Finds the threads that the words of a command mean: names, ids and patterns, of live and ended threads. */
#ifndef K3THREAD_CLI_COMMANDS_TARGETS_H
#define K3THREAD_CLI_COMMANDS_TARGETS_H

#include "cli/commands/session.h"

#include <jansson.h>

/*
 * Returns a list of the threads that WORDS, up to a NULL, mean: for a name or an id the parameter of a request, for a
 * pattern the newest thread of each matching name. Returns NULL after reporting a failure, with its exit status in
 * *RET_STATUS. A word that means no thread is a failure.
 */
json_t *targets_find(const struct invocation *invocation, char **words, int *ret_status);

/* Returns a list of all live threads. Fails as targets_find() does. */
json_t *targets_find_live(const struct invocation *invocation, int *ret_status);

/* Returns the parameter by which a request names TARGET. Borrowed from TARGET. */
json_t *target_word(json_t *target);

#endif
