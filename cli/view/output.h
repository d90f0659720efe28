/* What reaches the person: messages, standard output, tables, JSON. */
#ifndef K3THREAD_CLI_VIEW_OUTPUT_H
#define K3THREAD_CLI_VIEW_OUTPUT_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * One line on standard error: "k3thread: COMMAND: TYPE: MESSAGE". COMMAND and TYPE may be NULL or
 * "". Control characters in it are written as escapes, so that a line stays a line.
 */
__attribute__((format(printf, 3, 4))) void message_print(const char *command, const char *type,
                                                         const char *format, ...);
__attribute__((format(printf, 3, 0))) void message_vprint(const char *command, const char *type,
                                                          const char *format, va_list arguments);

/*
 * From now on, messages begin with "FILE:LINE: ", as of a script's line. FILE is borrowed; NULL
 * ends that. message_count() says how many were printed so far.
 */
void     message_set_origin(const char *file, size_t line);
size_t   message_line(void);
void     message_set_line(size_t line); /* of the same file */
void     message_add_origin(struct text *text);
unsigned message_count(void);

/* Writes all of DATA, also to a descriptor that does not block; returns 0 or -errno. */
int output_write(int fd, const void *data, size_t size);

/* VALUE as JSON to read, and a newline. */
void text_add_json(struct text *text, const json_t *value);

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

/* The width of the terminal that standard output is, or 0 when it is none. */
size_t output_width(void);

#endif
