/* A table as list prints it. No C library: see quick.h. */
#ifndef K3THREAD_CLI_QUICK_TABLE_H
#define K3THREAD_CLI_QUICK_TABLE_H

#include "cli/quick/bytes.h"

/*
 * Puts the table whose lines are the SIZE bytes of a JSON string at LINES into OUT, its columns
 * aligned and its rows cut to WIDTH columns (0: not). LINES is overwritten. OUT fails at anything but
 * ASCII.
 */
void table_put(struct bytes *out, char *lines, size_t size, size_t width);

#endif
