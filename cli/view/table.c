#include "cli/view/table.h"

/*
 * Returns the size of the first cell in SIZE bytes, and its width. The two nearly always are the
 * same.
 */
static size_t measure(const char *cells, size_t size, size_t *ret_width)
{
    size_t at = text_plain(cells, size);

    *ret_width = at;
    if (at == size || cells[at] == '\t' || cells[at] == '\n')
        return at;
    while (at < size && cells[at] != '\t' && cells[at] != '\n')
        at++;
    *ret_width = text_width(cells, at);
    return at;
}

/* Returns the index of COLUMN's width. */
static size_t width_of(size_t column)
{
    return column < TABLE_COLUMNS ? column : TABLE_COLUMNS - 1;
}

/* Ends the cell of SIZE bytes. One more byte must follow it, for the separator. */
static void take_cell(struct table *table, size_t size, size_t width)
{
    size_t *widest = &table->widths[width_of(table->column)];
    bool    last = table->column + 1 == table->columns;

    if (width > *widest)
        *widest = width;
    table->cells.data[table->begin + size] = last ? '\n' : '\t';
    table->begin += size + 1;
    table->column = last ? 0 : table->column + 1;
}

void table_end_cell(struct table *table)
{
    size_t size = table->cells.size - table->begin;

    text_byte(&table->cells, '\t', 1);
    if (!table->cells.failed)
        take_cell(table, size, text_width(table->cells.data + table->begin, size));
}

void table_end_row(struct table *table)
{
    if (table->columns != 0 || table->cells.failed)
        return;
    table->columns = table->column;
    table->column = 0;
    if (table->begin > 0)
        table->cells.data[table->begin - 1] = '\n';
}

void table_add_words(struct table *table, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add(&table->cells, words[i]);
        table_end_cell(table);
    }
    table_end_row(table);
}

void table_add_lines(struct table *table, const char *lines, size_t size)
{
    struct text *cells = &table->cells;

    text_append(cells, lines, size);
    if (size > 0 && lines[size - 1] != '\n')
        text_byte(cells, '\n',
                  1); /* the supervisor always ends its rows; a row without an end counts too */
    while (!cells->failed && table->begin < cells->size) {
        size_t width;
        size_t cell = measure(cells->data + table->begin, cells->size - table->begin, &width);
        bool   ends_row = cells->data[table->begin + cell] == '\n';

        take_cell(table, cell, width);
        if (ends_row)
            table_end_row(table);
    }
}

/* Cuts the line that begins at BEGIN to WIDTH, and ends it. */
static void end_line(struct text *text, size_t begin, size_t width)
{
    if (text->failed)
        return;
    if (width > 0)
        text->size = begin + text_fit(text->data + begin, text->size - begin, width);
    while (text->size > begin && text->data[text->size - 1] == ' ')
        text->size--;
    text_byte(text, '\n', 1);
}

void table_release(struct table *table)
{
    text_release(&table->cells);
    *table = (struct table){0};
}

/* Adds the row at the beginning of SIZE bytes of cells. Returns its size. */
static size_t add_row(struct text *text, const struct table *table, const char *row, size_t size)
{
    size_t done = 0;

    for (size_t column = 0; done < size; column++) {
        size_t width;
        size_t cell = measure(row + done, size - done, &width);

        text_append(text, row + done, cell);
        done += cell + 1;
        if (row[done - 1] == '\n')
            break; /* no cell follows that must be aligned */
        text_byte(text, ' ', table->widths[width_of(column)] + 2 - width);
    }
    return done;
}

void text_add_table(struct text *text, struct table *table, size_t width)
{
    const struct text *cells = &table->cells;
    size_t             done = 0;

    text->failed |= cells->failed;
    while (!text->failed && done < table->begin) {
        size_t begin = text->size;

        done += add_row(text, table, cells->data + done, table->begin - done);
        end_line(text, begin, width);
    }
    table_release(table);
}
