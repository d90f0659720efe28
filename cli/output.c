#include "cli/output.h"

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

void table_end_cell(struct table *table)
{
    text_append(&table->ends, &table->cells.size, sizeof(table->cells.size));
}

void table_end_row(struct table *table)
{
    if (table->columns == 0)
        table->columns = table->ends.size / sizeof(size_t);
}

void table_add_words(struct table *table, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add(&table->cells, words[i]);
        table_end_cell(table);
    }
    table_end_row(table);
}

/* Cell INDEX, counted over all rows. */
static const char *get_cell(const struct table *table, size_t index, size_t *ret_size)
{
    const size_t *ends = (const size_t *) (const void *) table->ends.data;
    size_t        begin = index > 0 ? ends[index - 1] : 0;

    *ret_size = ends[index] - begin;
    return table->cells.data + begin;
}

static size_t measure(const struct table *table, size_t column, size_t cells)
{
    size_t widest = 0;

    for (size_t i = column; i < cells; i += table->columns) {
        size_t      size;
        const char *cell = get_cell(table, i, &size);
        size_t      width = text_width(cell, size);

        if (width > widest)
            widest = width;
    }
    return widest;
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

static void add_cell(struct text *text, const char *cell, size_t size, size_t width)
{
    size_t used = text_width(cell, size);

    text_append(text, cell, size);
    text_byte(text, ' ', used < width ? width - used : 0);
}

static void add_rows(struct text *text, const struct table *table, const size_t *widths,
                     size_t cells, size_t width)
{
    size_t begin = text->size;

    for (size_t i = 0; i < cells; i++) {
        size_t      column = i % table->columns;
        size_t      size;
        const char *cell = get_cell(table, i, &size);

        if (column == 0)
            begin = text->size;
        if (column + 1 == table->columns) {
            text_append(text, cell, size); /* nothing to align behind it */
            end_line(text, begin, width);
        } else {
            add_cell(text, cell, size, widths[column] + 2);
        }
    }
}

void table_release(struct table *table)
{
    text_release(&table->cells);
    text_release(&table->ends);
}

void text_add_table(struct text *text, struct table *table, size_t width)
{
    /* Without a row that has ended there is no column, whatever a server sends. */
    size_t cells = table->columns > 0 ? table->ends.size / sizeof(size_t) : 0;
    size_t widths[table->columns + 1]; /* never of no size */

    if (table->cells.failed || table->ends.failed) {
        text->failed = true;
    } else {
        for (size_t i = 0; i < table->columns; i++)
            widths[i] = i + 1 < table->columns ? measure(table, i, cells) : 0;
        add_rows(text, table, widths, cells, width);
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
