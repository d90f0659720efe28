/* A table with aligned columns, as `list` and the end of `run` show it. */
#ifndef K3THREAD_CLI_VIEW_TABLE_H
#define K3THREAD_CLI_VIEW_TABLE_H

#include "cli/base/text.h"

#include <stddef.h>

/* As many columns are told apart; those behind them have one width. */
#define TABLE_COLUMNS 16

/*
 * A table with aligned columns; zeroed it is empty. A row is made of cells: append each one's bytes
 * to table->cells, without a tab or a newline in them, then call table_end_cell(), and
 * table_end_row() behind the last. The first row says how many cells there are in each.
 */
struct table {
    size_t      columns;
    size_t      widths[TABLE_COLUMNS]; /* the widest cell of each so far */
    struct text cells;                 /* each with a tab behind it, the last of a row a newline */
    size_t      begin, column;         /* of the next cell: where in them, and in its row */
};

void table_end_cell(struct table *table);
void table_end_row(struct table *table);

/* A row of plain words, as the headings are. */
void table_add_words(struct table *table, const char *const *words, size_t count);

/* Whole rows, written as they are kept: tabs between their cells, a newline behind each. */
void table_add_lines(struct table *table, const char *lines, size_t size);

void table_release(struct table *table);

/* The table's lines, each cut to WIDTH columns (0: not cut). Releases the table. */
void text_add_table(struct text *text, struct table *table, size_t width);

#endif
