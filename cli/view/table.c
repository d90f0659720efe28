#include "cli/view/table.h"

#include <stdint.h>

/* The bytes of a cell, and the columns that it takes up. */
struct table_cell {
    uint32_t size, width;
};

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

/* Ends the cell of SIZE bytes, behind which there is a separator. */
static void take_cell(struct table *table, size_t size, size_t width)
{
    size_t           *widest = &table->widths[width_of(table->column)];
    bool              last = table->column + 1 == table->columns;
    struct table_cell cell = {(uint32_t) size, (uint32_t) width};
    struct text      *sizes = &table->sizes;

    if (width > *widest)
        *widest = width;
    if (text_has_room(sizes, sizeof(cell))) {
        memcpy(sizes->data + sizes->size, &cell, sizeof(cell));
        sizes->size += sizeof(cell);
    }
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
    text_release(&table->sizes);
    *table = (struct table){0};
}

/* The bytes that are copied at once. */
#define STEP 8

/* Copies SIZE bytes, and up to STEP - 1 more: most cells are so short that a call would take longer. */
static void copy(char *to, const char *from, size_t size)
{
    for (size_t done = 0; done < size; done += STEP)
        memcpy(to + done, from + done, STEP);
}

/* Sets SIZE bytes, and up to STEP - 1 more, to blanks. */
static void fill(char *to, size_t size)
{
    for (size_t done = 0; done < size; done += STEP)
        memset(to + done, ' ', STEP);
}

/* Adds a row of COUNT cells, which stand at ROW. All but the last are followed by blanks. Returns its size. */
static size_t add_row(struct text *text, const struct table *table, const char *row,
                      const struct table_cell *cells, size_t count)
{
    size_t done = 0;

    for (size_t column = 0; column < count; column++) {
        const struct table_cell *cell = &cells[column];
        bool                     last = column + 1 == count;
        size_t blanks = last ? 0 : table->widths[width_of(column)] + 2 - cell->width;

        if (!text_has_room(text, cell->size + blanks + 2 * STEP))
            return 0;
        copy(text->data + text->size, row + done, cell->size);
        text->size += cell->size;
        fill(text->data + text->size, blanks);
        text->size += blanks;
        done += cell->size + 1;
    }
    return done;
}

void text_add_table(struct text *text, struct table *table, size_t width)
{
    struct text             *bytes = &table->cells;
    const struct table_cell *cells;
    size_t                   count, done = 0;

    text->failed |=
        table->sizes.failed || !text_reserve(bytes, STEP); /* copy() reads behind the last cell */
    cells = (const void *) table->sizes.data;
    count = table->sizes.size / sizeof(*cells);
    while (!text->failed && count > 0) {
        size_t begin = text->size;
        size_t row = table->columns > 0 && table->columns < count ? table->columns : count;

        done += add_row(text, table, bytes->data + done, cells, row);
        end_line(text, begin, width);
        cells += row;
        count -= row;
    }
    table_release(table);
}
