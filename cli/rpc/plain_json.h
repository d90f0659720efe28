/*
 * The fast way to parse JSON: most messages hold only short plain strings, and jansson takes each byte of them by
 * several calls.
 */
#ifndef K3THREAD_CLI_RPC_PLAIN_JSON_H
#define K3THREAD_CLI_RPC_PLAIN_JSON_H

#include <jansson.h>
#include <stddef.h>

/*
 * Parses an object or an array as jansson does. Returns a new reference; or NULL for text that is not plain, which
 * may be JSON or not: strings with escapes or bytes outside ASCII, numbers that a double does not hold
 * exactly or that have an exponent, names that occur twice in an object, deep nesting; and NULL without memory.
 */
json_t *plain_json_parse(const char *text, size_t size);

#endif
