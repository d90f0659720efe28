/*
 * Parses a line that may hold a table, faster than jansson alone.
 *
 * jansson looks at each byte of a string several times, which takes longer than everything else in
 * `list` together. A table is one long string, the last in its line, with few kinds of escapes. So
 * jansson parses the line without that string, and the string is put back afterwards.
 */
#ifndef K3THREAD_CLI_RPC_TABLE_LINE_H
#define K3THREAD_CLI_RPC_TABLE_LINE_H

#include <jansson.h>
#include <stddef.h>

/* Parses any line, as parse_json() without flags does. */
json_t *table_line_parse(char *line, size_t size, json_error_t *ret_error);

#endif
