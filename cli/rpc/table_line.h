/*
 * A line that may have a table in it, read sooner than jansson alone would.
 *
 * jansson looks at each byte of a string several times, and takes more for that than all else in
 * `list` takes together. A table is one long string, the last in its line, with few kinds of
 * escapes. So jansson gets the line without it, and it is put back behind.
 */
#ifndef K3THREAD_CLI_RPC_TABLE_LINE_H
#define K3THREAD_CLI_RPC_TABLE_LINE_H

#include <jansson.h>
#include <stddef.h>

/* As parse_json() without flags, for any line. */
json_t *table_line_parse(char *line, size_t size, json_error_t *ret_error);

#endif
