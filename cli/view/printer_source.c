#include "cli/view/printer_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Adding and freeing */

static bool has_name(const struct printer_source *source, const struct text *name)
{
    return source->name.size == name->size &&
           memcmp(source->name.data, name->data, name->size) == 0;
}

/* Returns the colour of NAME: every name keeps its colour, and a new name gets the next colour. */
static unsigned find_colour(struct printer *printer, const struct text *name)
{
    struct printer_source *other;

    LIST_FOREACH(other, &printer->sources, link)
        if (has_name(other, name))
            return other->colour;
    return printer->colours++;
}

static struct times_reader *make_reader(void)
{
    struct times_reader *reader = calloc(1, sizeof(*reader));

    if (reader != NULL)
        reader->fd = -1;
    return reader;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void printer_source_close(struct printer_source *source)
{
    logfile_close(&source->log);
    close_fd(&source->writer.fd);
}

void printer_source_free(struct printer_source *source)
{
    printer_source_close(source);
    if (source->reader != NULL)
        close_fd(&source->reader->fd);
    free(source->reader);
    if (source->log.buffer == NULL)
        run_marks_close(source->marks);
    text_release(&source->name);
    free(source->path);
    free(source);
}

struct printer_source *printer_add(struct printer *printer, const char *name, const char *path,
                                   off_t offset)
{
    struct printer_source *source = calloc(1, sizeof(*source));

    if (source == NULL)
        return NULL;
    text_add_escaped(&source->name, name, strlen(name));
    source->path = strdup(path);
    source->log = LOGFILE_CLOSED;
    source->writer.fd = -1;
    if (printer->flags & PRINTER_KEPT)
        source->reader = make_reader();
    if (source->path == NULL || source->name.failed ||
        ((printer->flags & PRINTER_KEPT) && source->reader == NULL)) {
        printer_source_free(source);
        return NULL;
    }
    source->printer = printer;
    source->begin = source->seen = offset;
    source->limit = -1;
    source->name_width = text_width(source->name.data, source->name.size);
    source->colour = (printer->flags & PRINTER_COLOUR) ? find_colour(printer, &source->name) : 0;
    if (source->name_width > printer->width)
        printer->width = source->name_width;
    LIST_INSERT_HEAD(&printer->sources, source, link);
    return source;
}

struct printer_source *printer_add_buffer(struct printer *printer, const char *name,
                                          const char *path, struct log_buffer *buffer)
{
    struct printer_source *source = printer_add(printer, name, path, 0);

    if (source != NULL)
        logfile_open_buffer(&source->log, buffer, 0);
    return source;
}

void printer_show_buffered_runs(struct printer_source *source)
{
    source->marks = source->log.buffer->marks;
}

int printer_show_runs(struct printer_source *source, const char *path)
{
    source->marks = run_marks_open(path);
    return source->marks != NULL ? 0 : -ENOMEM;
}

/* News */

void printer_touch(struct printer_source *source)
{
    source->touched = true;
    if (source->dirty || source->done)
        return;
    source->dirty = true;
    STAILQ_INSERT_TAIL(&source->printer->dirty, source, dirty_link);
}

void printer_end(struct printer_source *source)
{
    source->ended = true;
    if (source->touched)
        printer_touch(source);
}

void printer_resume(struct printer_source *source)
{
    source->ended = source->done = false;
    printer_touch(source);
}

void printer_touch_all(struct printer *printer)
{
    struct printer_source *source;

    LIST_FOREACH(source, &printer->sources, link)
        if (!source->done)
            printer_touch(source);
}

void printer_end_all(struct printer *printer)
{
    struct printer_source *source;

    LIST_FOREACH(source, &printer->sources, link)
        if (!source->done)
            printer_end(source);
}

bool printer_source_is_over(const struct printer_source *source)
{
    const struct printer *printer = source->printer;

    return source->ended && !source->dirty && !source->waits && printer->long_line != source &&
           printer->open != source;
}

void printer_remove(struct printer_source *source)
{
    LIST_REMOVE(source, link);
    printer_source_free(source);
}

void printer_source_clean(struct printer_source *source)
{
    source->dirty = false;
    source->done = source->ended;
    STAILQ_REMOVE(&source->printer->dirty, source, printer_source, dirty_link);
}

/* The log */

int printer_open_source(struct printer_source *source, bool some_lines, unsigned long long lines)
{
    struct logfile *log = &source->log;
    off_t           end;
    int             error = logfile_open(log, source->path, source->begin);

    if (error == 0)
        error = some_lines ? logfile_size(log, &end) : logfile_skip_lost(log);
    if (error == 0 && some_lines)
        error = logfile_seek_lines(log, end, lines);
    source->begin = source->seen = error == 0 ? log->position : source->begin;
    if (error == 0 && some_lines && lines == 0 && source->marks != NULL)
        run_marks_skip(source->marks, source->begin);
    return error;
}

/* Returns true if the log is not empty. Most logs stay empty, and are never opened. */
static bool is_written(const struct printer_source *source)
{
    struct stat info;

    return stat(source->path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
}

bool printer_source_is_open(struct printer_source *source)
{
    return logfile_is_open(&source->log) ||
           (is_written(source) && logfile_open(&source->log, source->path, source->begin) == 0);
}
