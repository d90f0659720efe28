/* A THREAD on the command line: a name, an id, or a pattern. */
#ifndef K3THREAD_CLI_COMMANDS_THREAD_WORD_H
#define K3THREAD_CLI_COMMANDS_THREAD_WORD_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Returns WORD as a parameter of a request: a number for an id, else bytes. NULL if memory is
 * lacking.
 */
json_t *thread_to_json(const char *word);

/* Returns true if WORD is a pattern. */
bool thread_is_pattern(const char *word);

#endif
