/*
 * The table that `list` shows: a line for the headings, and a line for each thread, with tabs
 * between the cells. Cells are escaped, so that no cell holds a tab or a newline; the client aligns
 * them. The table is one string to write and to parse: an object for each thread would take ten
 * times as long.
 *
 * These functions append to the inside of that JSON string, so that the text is written only once.
 */
#ifndef K3THREAD_CLI_SERVER_TABLE_H
#define K3THREAD_CLI_SERVER_TABLE_H

#include "cli/server/record.h"

#include <stdbool.h>

void table_add_headings(struct text *text, bool wide);

/*
 * Adds RECORD's line at the moment NOW of the monotonic clock. RECORD keeps the line, because most lines are the same
 * in the next table, except for the time in them.
 */
void table_add_row(struct text *text, struct record *record, bool wide, double now);

/* Makes the processor fetch what table_add_row() will read of RECORD. */
static inline void table_fetch(const struct record *record)
{
    __builtin_prefetch(record->row);
    __builtin_prefetch((const char *) record->row + 64);
}

#endif
