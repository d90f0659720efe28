/* Which threads the words of a command mean: names, ids and patterns, of live threads and ended ones. */
#ifndef K3THREAD_CLI_COMMANDS_TARGETS_H
#define K3THREAD_CLI_COMMANDS_TARGETS_H

#include "cli/commands/session.h"

#include <jansson.h>

/*
 * Appends to TARGETS what WORDS, up to a NULL, mean: a name or an id as a request has it, and for a pattern
 * the threads that it matches, of each name the newest. Returns the exit status, and reports a failure;
 * one word that means no thread is one.
 */
int targets_find(const struct invocation *call, char **words, json_t *targets);

/* Appends all live threads. Returns as targets_find() does. */
int targets_find_live(const struct invocation *call, json_t *targets);

/* Returns what a request calls TARGET, borrowed from it. */
json_t *target_word(json_t *target);

#endif
