/* A table with aligned columns, as `list` and the end of `run` show it. */
#ifndef K3THREAD_CLI_VIEW_TABLE_H
#define K3THREAD_CLI_VIEW_TABLE_H

#include "cli/base/text.h"

#include <stddef.h>

/* So many columns have a width of their own; the columns behind them share one. */
#define TABLE_COLUMNS 16

/*
 * A table with aligned columns; zeroed it is empty. A row is made of cells: append each one's bytes
 * to table->cells, without a tab or a newline in them, then call table_end_cell(), and
 * table_end_row() behind the last. The first row says how many cells there are in each.
 */
struct table {
    size_t      columns;
    size_t      widths[TABLE_COLUMNS]; /* the widest cell of each so far */
    struct text cells;                 /* a tab behind each, a newline behind the last of a row */
    size_t      begin, column;         /* of the next cell: its offset in `cells`, its column */
};

void table_end_cell(struct table *table);
void table_end_row(struct table *table);

/* Adds a row of plain words, such as the headings. */
void table_add_words(struct table *table, const char *const *words, size_t count);

/* Adds whole rows: tabs between their cells, a newline behind each row. */
void table_add_lines(struct table *table, const char *lines, size_t size);

void table_release(struct table *table);

/* Adds the table's lines to TEXT, each cut to WIDTH columns (0: not cut). Releases the table. */
void text_add_table(struct text *text, struct table *table, size_t width);

#endif
