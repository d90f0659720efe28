/*
 * Parses JSON completely or not at all. Without memory for a longer string, jansson alone would leave
 * bytes of the string out and go on; but a command must not be run with a word that lacks a byte.
 */
#ifndef K3THREAD_CLI_RPC_PARSE_H
#define K3THREAD_CLI_RPC_PARSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Parses TEXT as json_loadb() does: returns a new reference, or NULL with *RET_ERROR filled.
 * Overwrites the text if it lacks memory.
 */
json_t *parse_json(char *text, size_t size, size_t flags, json_error_t *ret_error);

/* Returns true if ERROR, of a failed parse, says that memory was lacking. */
bool parse_lacked_memory(const json_error_t *error);

#endif
