/* Puts the escapes into the strings of JSON, and takes them out. */
#ifndef K3THREAD_CLI_RPC_ESCAPE_H
#define K3THREAD_CLI_RPC_ESCAPE_H

#include "cli/base/text.h"

#include <stddef.h>

/* Returns how many of SIZE bytes, at the start, stand for themselves in a string. */
size_t escape_plain(const char *bytes, size_t size);

/* Appends SIZE bytes of UTF-8, no NUL among them, as they stand within the quotes of a string. */
void escape_add(struct text *text, const char *bytes, size_t size);

/*
 * Copies the SIZE bytes of a string that holds a table to RET, which is as large, without the escapes. Returns
 * the number of copied bytes, or 0 if the string is no valid one, or has an escape with digits, as no table has.
 */
size_t escape_remove(const char *string, size_t size, char *ret);

#endif
