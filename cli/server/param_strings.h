/* Lists of strings in the parameters of a request. */
#ifndef K3THREAD_CLI_SERVER_PARAM_STRINGS_H
#define K3THREAD_CLI_SERVER_PARAM_STRINGS_H

#include <jansson.h>

/*
 * Copies the strings of a JSON array (NULL: no array) into a new NULL-terminated array, which
 * string_list_free() frees. Returns 0 or the error of bytes_from_json().
 */
int param_strings_copy(const json_t *array, char ***ret);

#endif
