#include "cli/view/output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of the messages; a program has one standard error. */
static struct {
    const char *file; /* NULL: no script's */
    size_t      line;
    unsigned    count;
} messages;

void message_set_origin(const char *file, size_t line)
{
    messages.file = file;
    messages.line = line;
}

size_t message_line(void)
{
    return messages.line;
}

void message_set_line(size_t line)
{
    messages.line = line;
}

void message_add_origin(struct text *text)
{
    if (messages.file == NULL)
        return;
    text_add_escaped(text, messages.file, strlen(messages.file));
    text_printf(text, ":%zu: ", messages.line);
}

unsigned message_count(void)
{
    return messages.count;
}

void message_vprint(const char *command, const char *type, const char *format, va_list arguments)
{
    static const char no_memory[] = "k3thread: MemoryError: out of memory\n";
    struct text       message = {0}, line = {0};

    text_vprintf(&message, format, arguments);
    messages.count++;
    message_add_origin(&line);
    text_add(&line, "k3thread: ");
    if (command != NULL && command[0] != '\0')
        text_printf(&line, "%s: ", command);
    if (type != NULL && type[0] != '\0')
        text_printf(&line, "%s: ", type);
    text_add_escaped(&line, message.data, message.size);
    text_add(&line, "\n");
    /* Where should a failure to write be reported? */
    if (line.failed || message.failed)
        (void) output_write(STDERR_FILENO, no_memory, strlen(no_memory));
    else
        (void) output_write(STDERR_FILENO, line.data, line.size);
    text_release(&message);
    text_release(&line);
}

void message_print(const char *command, const char *type, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(command, type, format, arguments);
    va_end(arguments);
}

/* Waits until FD takes more; only a descriptor that does not block makes one wait. */
static int wait_writable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

    if (poll(&pollfd, 1, -1) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

int output_write(int fd, const void *data, size_t size)
{
    const char *rest = data;

    while (size > 0) {
        ssize_t written = write(fd, rest, size);
        int     error = 0;

        if (written >= 0) {
            rest += written;
            size -= (size_t) written;
        } else if (errno == EAGAIN) {
            error = wait_writable(fd);
        } else if (errno != EINTR) {
            error = -errno;
        }
        if (error != 0)
            return error;
    }
    return 0;
}

static int append_json(const char *data, size_t size, void *text)
{
    text_append(text, data, size);
    return 0;
}

void text_add_json(struct text *text, const json_t *value)
{
    /* 16 digits: a time since the epoch to the microsecond, and 0.2 as 0.2. */
    if (json_dump_callback(value, append_json, text, JSON_INDENT(2) | JSON_REAL_PRECISION(16)) < 0)
        text->failed = true;
    text_add(text, "\n");
}

/* The size of the first cell of SIZE bytes, and its width: that is nearly always the same. */
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

/* Which of the widths is the column's. */
static size_t width_of(size_t column)
{
    return column < TABLE_COLUMNS ? column : TABLE_COLUMNS - 1;
}

/* Ends the cell at SIZE bytes, behind which there is one more for what separates it. */
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
        text_byte(cells, '\n', 1); /* not as it should be, but the cell was meant */
    while (!cells->failed && table->begin < cells->size) {
        size_t width;
        size_t cell = measure(cells->data + table->begin, cells->size - table->begin, &width);
        bool   ends_row = cells->data[table->begin + cell] == '\n';

        take_cell(table, cell, width);
        if (ends_row)
            table_end_row(table);
    }
}

/* Cuts the line that begins at BEGIN, and ends it. */
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

/* Adds one row, of which SIZE bytes or fewer are left; returns how many it took. */
static size_t add_row(struct text *text, const struct table *table, const char *row, size_t size)
{
    size_t done = 0;

    for (size_t column = 0; done < size; column++) {
        size_t width;
        size_t cell = measure(row + done, size - done, &width);

        text_append(text, row + done, cell);
        done += cell + 1;
        if (row[done - 1] == '\n')
            break; /* nothing to align behind it */
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

size_t output_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}
