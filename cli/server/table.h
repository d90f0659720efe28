/*
 * The table that `list` shows: a line of cells with tabs between them for the headings, and one for
 * each thread. Cells are escaped, so that no other tab or newline is in them; the client aligns
 * them. It is one string to write and to parse, where an object a thread takes ten times as long.
 *
 * What is added is the inside of that string, as JSON has it: it is not gone through once more.
 */
#ifndef K3THREAD_CLI_SERVER_TABLE_H
#define K3THREAD_CLI_SERVER_TABLE_H

#include "cli/server/record.h"

void table_add_headings(struct text *text);

void table_add_row(struct text *text, const struct record *record);

#endif
