/* Aligns the columns of tables, for `list` and for the summary of `run`. */
#ifndef K3THREAD_CLI_VIEW_TABLE_H
#define K3THREAD_CLI_VIEW_TABLE_H

#include "cli/base/text.h"

#include <stddef.h>

/* The number of columns that have widths of their own. All columns behind them share one width. */
#define TABLE_COLUMNS 16

/*
 * A table with aligned columns. Zeroed it is empty. A row consists of cells. To add a row, append
 * the bytes of each cell to table->cells, without a tab or a newline, and call table_end_cell();
 * after the last cell call table_end_row(). All rows have as many cells as the first row.
 */
struct table {
    size_t      columns;
    size_t      widths[TABLE_COLUMNS]; /* the widest cell of each column so far */
    struct text cells;                 /* a separator behind each cell */
    struct text sizes;                 /* of each cell: a struct table_cell */
    size_t      begin, column;         /* the next cell's offset in `cells`, and its column */
};

void table_end_cell(struct table *table);
void table_end_row(struct table *table);

/* Adds a row of plain words, for example the headings. */
void table_add_words(struct table *table, const char *const *words, size_t count);

/* Adds whole rows, with tabs between their cells and a newline behind each row. */
void table_add_lines(struct table *table, const char *lines, size_t size);

void table_release(struct table *table);

/* Adds the table's lines to TEXT, each cut to WIDTH columns (0: not cut). Releases the table. */
void text_add_table(struct text *text, struct table *table, size_t width);

#endif
