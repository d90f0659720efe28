#include "cli/quick/table.h"

#include "cli/rpc/escape.h"

#define COLUMNS_MAX 16

/* Takes the escapes out, in place. Returns the new size, or 0 where there is anything unusual. */
static size_t unescape(char *lines, size_t size)
{
    size_t out = 0;

    for (size_t i = 0; i < size; i++) {
        char byte = lines[i];

        if (byte == '\\')
            byte = ++i < size ? escape_meaning(lines[i]) : 0;
        else if (byte < ' ' || byte > '~' || byte == '"')
            byte = 0;
        if (byte == 0)
            return 0;
        lines[out++] = byte;
    }
    return out > 0 && lines[out - 1] == '\n' ? out : 0;
}

static size_t cell_size(const char *cell)
{
    size_t size = 0;

    while (cell[size] != '\t' && cell[size] != '\n')
        size++;
    return size;
}

/* The widest cell of each column. Returns false if they are too many, or not as many in each row. */
static bool measure(const char *lines, size_t size, size_t *widths)
{
    size_t column = 0, columns = 0;

    for (size_t i = 0; i < COLUMNS_MAX; i++)
        widths[i] = 0;
    for (size_t at = 0; at < size; at++) {
        size_t cell = cell_size(lines + at);

        if (column == COLUMNS_MAX)
            return false;
        if (cell > widths[column])
            widths[column] = cell;
        at += cell;
        column++;
        if (lines[at] == '\t')
            continue;
        if (columns != 0 && column != columns)
            return false;
        columns = column;
        column = 0;
    }
    return true;
}

/* Cuts the row that begins at BEGIN, and ends it. */
static void end_row(struct bytes *out, size_t begin, size_t width)
{
    if (width > 0 && out->size - begin > width)
        out->size = begin + width;
    while (out->size > begin && out->data[out->size - 1] == ' ')
        out->size--;
    bytes_put(out, "\n", 1);
}

void table_put(struct bytes *out, char *lines, size_t size, size_t width)
{
    size_t widths[COLUMNS_MAX];
    size_t column = 0, begin = out->size;

    size = unescape(lines, size);
    out->failed |= size == 0 || !measure(lines, size, widths);
    for (size_t at = 0; at < size && !out->failed; at++) {
        size_t cell = cell_size(lines + at);

        bytes_put(out, lines + at, cell);
        at += cell;
        if (lines[at] == '\t') {
            bytes_repeat(out, ' ', widths[column++] + 2 - cell);
            continue;
        }
        end_row(out, begin, width);
        begin = out->size;
        column = 0;
    }
}
