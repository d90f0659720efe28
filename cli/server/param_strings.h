/* Strings, and lists of strings, in the parameters of a request. */
#ifndef K3THREAD_CLI_SERVER_PARAM_STRINGS_H
#define K3THREAD_CLI_SERVER_PARAM_STRINGS_H

#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Copies the strings of a JSON array (NULL: no array) into a new NULL-terminated array, which
 * string_list_free() frees. Returns 0 or the error of bytes_from_json().
 */
int param_strings_copy(const json_t *array, char ***ret);

/*
 * Copies VALUE, the parameter NAME, into *RET, to be freed. If VALUE is NULL, *RET is untouched. Returns false, with
 * CALL failed, if VALUE is no string.
 */
bool param_string_copy(struct call *call, const char *name, const json_t *value, char **ret);

#endif
