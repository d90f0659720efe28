#include "cli/view/printer_lines.h"

#include <string.h>

/* The bytes between a name and its line. */
#define SEPARATOR " | "

/* The colours of names, as SGR codes. Red is left out, because it looks like a failure. */
static const char *const colours[] = {"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"};

#define COLOUR_COUNT (sizeof(colours) / sizeof(colours[0]))

/* Up to this many bytes are copied without a call. */
#define SHORT 16

#define CLEAR_TO_END "\033[K"

/*
 * Sets SOURCE->time to the time at which the line whose last byte is at LAST was seen. If `run` has
 * not seen the line yet, this process sees it now. Both processes may notice the next line at the
 * same moment, so a line never gets an earlier time than the line above it.
 */
static void find_time(struct printer_source *source, off_t last)
{
    int64_t time;
    bool    is_known;

    if (source->reader == NULL)
        return;
    if (source->log.buffer != NULL)
        is_known = log_buffer_find_time(source->log.buffer, last, &time);
    else
        is_known = times_read(source->reader, source->path, last, &time);
    if (!is_known)
        time = times_now();
    if (time > source->time)
        source->time = time;
}

/*
 * Adds the time and the name before a line. The name first resets the colour, which a command may have
 * left set.
 */
static void add_prefix(struct printer_source *source)
{
    struct printer *printer = source->printer;
    struct text    *text = &printer->ready;
    bool            colour = (printer->flags & PRINTER_COLOUR) && (printer->flags & PRINTER_NAMES);

    escape_filter_begin_line(&source->filter);
    if (colour)
        text_printf(text, "\033[0;%sm", colours[source->colour % COLOUR_COUNT]);
    if (printer->flags & PRINTER_TIMES)
        times_add(text, source->time);
    if (printer->flags & PRINTER_NAMES) {
        text_append(text, source->name.data, source->name.size);
        if (printer->flags & PRINTER_ALIGN)
            text_byte(text, ' ', printer->width - source->name_width);
        text_add(text, SEPARATOR);
    }
    if (colour)
        text_add(text, "\033[0m");
}

void lines_begin(struct printer_source *source, off_t last)
{
    struct printer *printer = source->printer;

    if (printer->open == source)
        return;
    if (printer->open != NULL)
        text_byte(&printer->ready, '\n', 1);
    find_time(source, last);
    add_prefix(source);
    printer->open = source;
    source->returned = false;
}

/* Begins the line again, in the same row. */
static void rewrite(struct printer_source *source)
{
    struct text *text = &source->printer->ready;

    text_byte(text, '\r', 1);
    add_prefix(source);
    text_add(text, CLEAR_TO_END);
    source->returned = false;
}

void lines_add(struct printer_source *source, const char *piece, size_t size)
{
    struct printer *printer = source->printer;

    if (!(printer->flags & (PRINTER_NAMES | PRINTER_TIMES))) {
        text_append(&printer->ready, piece, size);
        return;
    }
    while (size > 0) {
        const char *end = printer->flags & PRINTER_REWRITE ? memchr(piece, '\r', size) : NULL;
        size_t      part = end != NULL ? (size_t) (end - piece) : size;

        if (part > 0 && source->returned)
            rewrite(source);
        escape_filter_add(&source->filter, &printer->ready, piece, part);
        source->returned |= end != NULL;
        part += end != NULL;
        piece += part;
        size -= part;
    }
}

void lines_end(struct printer_source *source)
{
    struct printer *printer = source->printer;

    if (printer->open == source) {
        text_byte(&printer->ready, '\n', 1);
        printer->open = NULL;
    }
    source->shown = source->returned = false;
    escape_filter_end_line(&source->filter);
}

/* Returns true if each line of the block is printed as its bytes behind the same prefix. */
static bool are_plain(const struct printer_source *source, const char *block, size_t size)
{
    const struct printer *printer = source->printer;

    return printer->open == NULL && !source->shown && source->reader == NULL &&
           !(printer->flags & PRINTER_REWRITE) && !escape_filter_must_look(block, size);
}

bool lines_add_plain(struct printer_source *source, const char *block, size_t size)
{
    struct text *text = &source->printer->ready;
    size_t       first = text->size, prefix;
    char         head[SHORT] = {0};

    if (!are_plain(source, block, size))
        return false;
    add_prefix(source);
    prefix = text->size - first;
    if (prefix > 0 && prefix <= SHORT && !text->failed)
        memcpy(head, text->data + first, prefix);
    text->size = first;
    while (size > 0) {
        size_t line = (size_t) ((const char *) memchr(block, '\n', size) - block) + 1;

        if (!text_has_room(text, prefix + line + SHORT))
            break;
        if (prefix <= SHORT)
            memcpy(text->data + text->size, head, SHORT);
        else if (text->size > first)
            memcpy(text->data + text->size, text->data + first, prefix);
        memcpy(text->data + text->size + prefix, block, line);
        text->size += prefix + line;
        block += line;
        size -= line;
    }
    return true;
}

void lines_add_run(struct printer_source *source, const struct run_mark *mark)
{
    struct printer *printer = source->printer;

    if (printer->open != NULL && printer->open->shown)
        text_byte(&printer->ready, '\n', 1);
    printer->open = NULL;
    lines_end(source);
    if (mark->time > source->time)
        source->time = mark->time;
    add_prefix(source);
    run_mark_add_line(&printer->ready, mark);
}
