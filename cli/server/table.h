/*
 * The table that `list` shows: a line of cells with tabs between them for the headings, and one for
 * each thread. Cells are escaped, so that no other tab or newline is in them; the client aligns
 * them. It is one string to write and to parse: an object for each thread would take ten times as long.
 *
 * The functions append the inside of that string as it stands in JSON, so that it is written once.
 */
#ifndef K3THREAD_CLI_SERVER_TABLE_H
#define K3THREAD_CLI_SERVER_TABLE_H

#include "cli/server/record.h"

void table_add_headings(struct text *text);

void table_add_row(struct text *text, const struct record *record);

#endif
