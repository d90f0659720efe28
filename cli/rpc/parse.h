/*
 * JSON from text, all of it or none: where memory for a longer string runs out, jansson alone leaves
 * bytes out of it and goes on. A command must not be run with a word that lacks one.
 */
#ifndef K3THREAD_CLI_RPC_PARSE_H
#define K3THREAD_CLI_RPC_PARSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * As json_loadb(): a new reference, or NULL with *RET_ERROR filled. For lack of memory the text is
 * overwritten.
 */
json_t *parse_json(char *text, size_t size, size_t flags, json_error_t *ret_error);

/* Was it for lack of memory that it failed? */
bool parse_lacked_memory(const json_error_t *error);

#endif
