#include "cli/view/printer.h"

#include "cli/base/clock.h"
#include "cli/view/output.h"
#include "cli/view/printer_lines.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (64U * 1024)

/* With so much to write, nothing more is taken. */
#define READY_MAX (256U * 1024)

/* So long a line that was not ended waits for its end before it is shown. */
#define WAIT 0.2

void printer_open(struct printer *printer, int fd, unsigned flags)
{
    struct stat info;
    bool        is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);

    *printer = (struct printer){.fd = fd, .flags = flags, .piece = is_file ? READY_MAX : PIPE_BUF};
    STAILQ_INIT(&printer->dirty);
    TAILQ_INIT(&printer->waiting);
    SLIST_INIT(&printer->sources);
}

unsigned printer_style(int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (!isatty(fd))
        return 0;
    if (terminal == NULL || strcmp(terminal, "dumb") == 0)
        return PRINTER_ALIGN;
    if (no_colour != NULL && no_colour[0] != '\0')
        return PRINTER_ALIGN | PRINTER_REWRITE;
    return PRINTER_ALIGN | PRINTER_REWRITE | PRINTER_COLOUR;
}

static bool has_name(const struct printer_source *source, const struct text *name)
{
    return source->name.size == name->size &&
           memcmp(source->name.data, name->data, name->size) == 0;
}

/* A name keeps its colour; a new one gets the next. */
static unsigned find_colour(struct printer *printer, const struct text *name)
{
    struct printer_source *other;

    SLIST_FOREACH(other, &printer->sources, link)
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

static void free_source(struct printer_source *source)
{
    if (source->reader != NULL && source->reader->fd >= 0)
        close(source->reader->fd);
    free(source->reader);
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
    if (printer->flags & PRINTER_KEPT)
        source->reader = make_reader();
    if (source->path == NULL || source->name.failed ||
        ((printer->flags & PRINTER_KEPT) && source->reader == NULL)) {
        free_source(source);
        return NULL;
    }
    source->printer = printer;
    source->log = (struct logfile){.path = source->path, .file.fd = -1};
    source->writer.fd = -1;
    source->begin = source->seen = offset;
    source->name_width = text_width(source->name.data, source->name.size);
    source->colour = (printer->flags & PRINTER_COLOUR) ? find_colour(printer, &source->name) : 0;
    if (source->name_width > printer->width)
        printer->width = source->name_width;
    SLIST_INSERT_HEAD(&printer->sources, source, link);
    return source;
}

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

void printer_touch_all(struct printer *printer)
{
    struct printer_source *source;

    SLIST_FOREACH(source, &printer->sources, link)
        if (!source->done)
            printer_touch(source);
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
    log->gap = false; /* it begins there */
    source->begin = source->seen = error == 0 ? log->position : source->begin;
    return error;
}

/* Most logs never have a byte in them: that is all there is to find out about those. */
static bool is_written(const struct printer_source *source)
{
    struct stat info;

    return stat(source->path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
}

/* Opens the log once there is something in it. */
static bool is_open(struct printer_source *source)
{
    return source->log.file.fd >= 0 ||
           (is_written(source) && logfile_open(&source->log, source->path, source->begin) == 0);
}

/* Reads up to SIZE bytes from AT on. */
static ssize_t read_log(struct printer_source *source, char *block, size_t size, off_t at)
{
    source->log.position = at;
    return logfile_read(&source->log, block, size);
}

/* Bytes were lost: the line that they belonged to ends. SIZE were read behind them, or an error. */
static bool has_gap(struct printer_source *source, ssize_t size)
{
    if (!source->log.gap)
        return false;
    source->log.gap = false;
    if (source->shown)
        lines_end(source);
    source->begin = source->seen = source->log.position - (size > 0 ? size : 0);
    return true;
}

/* Nothing is to be taken from it for now, or never again. */
static void clean(struct printer_source *source)
{
    source->dirty = false;
    source->done = source->ended;
    STAILQ_REMOVE(&source->printer->dirty, source, printer_source, dirty_link);
}

/* Lines that wait for their ends */

static void stop_waiting(struct printer_source *source)
{
    if (source->waits)
        TAILQ_REMOVE(&source->printer->waiting, source, waiting_link);
    source->waits = false;
}

/* The rest of a line that is open is shown without a wait. */
static void wait_for_rest(struct printer_source *source)
{
    struct printer *printer = source->printer;

    if (source->waits || source->ended || !(printer->flags & PRINTER_PARTIAL))
        return;
    source->waits = true;
    if (printer->open == source) {
        source->since = 0;
        TAILQ_INSERT_HEAD(&printer->waiting, source, waiting_link);
    } else {
        source->since = clock_monotonic();
        TAILQ_INSERT_TAIL(&printer->waiting, source, waiting_link);
    }
}

int printer_patience(const struct printer *printer)
{
    const struct printer_source *first = TAILQ_FIRST(&printer->waiting);
    double                       left;

    if (first == NULL)
        return -1;
    left = first->since + WAIT - clock_monotonic();
    return left > 0 ? (int) (left * 1000) + 1 : 0;
}

/* Taking */

/* Takes the line up to END in pieces. What follows it begins at NEXT; the last piece may be the
 * first part of a line that is still to be ended. */
static void begin_long_line(struct printer_source *source, off_t end, off_t next, bool waits)
{
    struct printer *printer = source->printer;

    stop_waiting(source);
    printer->long_line = source;
    printer->long_end = end;
    printer->long_next = next;
    printer->long_waits = waits;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_source(struct printer_source *source)
{
    logfile_close(&source->log);
    close_fd(&source->writer.fd);
}

/* At the end of what is there: a source that has ended is done, and its last line ended. */
static void settle(struct printer_source *source)
{
    if (source->ended && source->seen > source->begin) {
        begin_long_line(source, source->seen, source->seen, false);
        return;
    }
    clean(source);
    if (!source->ended)
        return;
    if (source->shown && !(source->printer->flags & PRINTER_EXACT))
        lines_end(source);
    close_source(source);
}

/* Notes that the log was seen up to END now. */
static void see(struct printer_source *source, off_t end)
{
    unsigned flags = source->printer->flags;

    if (source->reader == NULL && (flags & (PRINTER_TIMES | PRINTER_KEEP)))
        source->time = times_now();
    if (flags & PRINTER_KEEP)
        times_write(&source->writer, source->path, source->log.file.fd, end, source->time);
}

/* Takes the lines of a block that begins with one, or with the rest of one, and ends with a
 * newline. A line that another one has ended meanwhile needs no newline more. */
static void take_lines(struct printer_source *source, const char *block, size_t size)
{
    while (size > 0) {
        const char *end = memchr(block, '\n', size);
        size_t      line = (size_t) (end - block);

        source->begin += (off_t) line + 1;
        if (line > 0 || !source->shown)
            lines_begin(source, source->begin - 1);
        lines_add(source, block, line);
        lines_end(source);
        block += line + 1;
        size -= line + 1;
    }
}

/* Takes the whole lines of a block; of a line that began before only its end is looked for. */
static void take_whole(struct printer_source *source, const char *block, size_t size)
{
    const char *newline;

    if (source->begin == source->seen) {
        newline = memrchr(block, '\n', size);
        if (newline != NULL)
            take_lines(source, block, (size_t) (newline - block) + 1);
        source->seen += (off_t) size;
    } else {
        newline = memchr(block, '\n', size);
        source->seen += newline != NULL ? newline - block : (off_t) size;
        if (newline != NULL)
            begin_long_line(source, source->seen, source->seen + 1, false);
    }
    if (source->begin < source->seen && source->printer->long_line == NULL)
        wait_for_rest(source);
    else
        stop_waiting(source);
}

/* Returns how many bytes the next block of SOURCE may have. */
static size_t size_of_next(const struct printer_source *source)
{
    off_t left = source->limit > 0 ? source->limit - source->seen : (off_t) BLOCK_SIZE;

    if (left <= 0)
        return 0;
    return left < (off_t) BLOCK_SIZE ? (size_t) left : BLOCK_SIZE;
}

/* Takes what it can of the next block of SOURCE. */
static void take_block(struct printer_source *source, char *block)
{
    size_t  wanted = size_of_next(source);
    ssize_t size = wanted > 0 ? read_log(source, block, wanted, source->seen) : 0;

    if (has_gap(source, size))
        stop_waiting(source);
    if (size <= 0) {
        settle(source);
        return;
    }
    see(source, source->seen + size);
    take_whole(source, block, (size_t) size);
}

/* Takes the bytes of the next block of SOURCE: they are read to where they are written from. */
static void take_bytes(struct printer_source *source)
{
    struct text *ready = &source->printer->ready;
    size_t       wanted = size_of_next(source);
    ssize_t      size = 0;

    if (!text_reserve(ready, BLOCK_SIZE + 1))
        return;
    if (wanted > 0)
        size = read_log(source, ready->data + ready->size, wanted, source->seen);
    if (source->log.gap && source->shown && size > 0)
        memmove(ready->data + ready->size + 1, ready->data + ready->size, (size_t) size);
    (void) has_gap(source, size); /* which may end a line, before the bytes */
    if (size <= 0) {
        settle(source);
        return;
    }
    ready->size += (size_t) size;
    source->printer->open = source;
    source->shown = ready->data[ready->size - 1] != '\n';
    source->begin = source->seen += size;
}

/* The long line is taken up to its end, or to what is there of it. */
static void end_long_line(struct printer *printer)
{
    struct printer_source *source = printer->long_line;
    bool                   has_newline = printer->long_next > printer->long_end;

    if (!printer->long_waits && (has_newline || !(printer->flags & PRINTER_EXACT)))
        lines_end(source);
    source->begin = source->seen = printer->long_next;
    printer->long_line = NULL;
}

/* Takes the next piece of the long line, and its newline at the end. */
static void take_piece(struct printer *printer, char *block)
{
    struct printer_source *source = printer->long_line;
    off_t                  left = printer->long_end - source->begin;
    size_t                 wanted = left < (off_t) BLOCK_SIZE ? (size_t) left : BLOCK_SIZE;
    ssize_t                size = left > 0 ? read_log(source, block, wanted, source->begin) : 0;

    if (has_gap(source, size)) {
        printer->long_line = NULL;
    } else if (size > 0) {
        lines_begin(source, printer->long_next > printer->long_end ? printer->long_end
                                                                   : printer->long_end - 1);
        lines_add(source, block, (size_t) size);
        source->begin += size;
        source->shown = true;
    } else {
        end_long_line(printer);
    }
}

/* Shows the line that has waited long enough. Returns false if there is none. */
static bool show_waiting(struct printer *printer)
{
    struct printer_source *source = TAILQ_FIRST(&printer->waiting);

    if (source == NULL || printer_patience(printer) > 0)
        return false;
    begin_long_line(source, source->seen, source->seen, true);
    return true;
}

/* The sources take turns, a block each. */
static void take_turn(struct printer *printer, char *block)
{
    struct printer_source *source = STAILQ_FIRST(&printer->dirty);

    if (!is_open(source)) {
        clean(source);
        return;
    }
    STAILQ_REMOVE_HEAD(&printer->dirty, dirty_link);
    STAILQ_INSERT_TAIL(&printer->dirty, source, dirty_link);
    if (printer->flags & PRINTER_RAW)
        take_bytes(source);
    else
        take_block(source, block);
}

int printer_fill(struct printer *printer)
{
    char *block;

    if (STAILQ_EMPTY(&printer->dirty) && printer->long_line == NULL &&
        printer_patience(printer) != 0)
        return 0;
    block = malloc(BLOCK_SIZE);
    if (block == NULL)
        return -ENOMEM;
    while (printer->ready.size < READY_MAX && !printer->ready.failed) {
        if (printer->long_line != NULL)
            take_piece(printer, block);
        else if (show_waiting(printer))
            continue;
        else if (!STAILQ_EMPTY(&printer->dirty))
            take_turn(printer, block);
        else
            break;
    }
    free(block);
    return printer->ready.failed ? -ENOMEM : 0;
}

/* Writing */

bool printer_is_ready(const struct printer *printer)
{
    return printer->ready.size > printer->written;
}

int printer_write(struct printer *printer)
{
    struct text *ready = &printer->ready;
    size_t       size = ready->size - printer->written;
    ssize_t      written;

    if (size > printer->piece)
        size = printer->piece;
    written = size > 0 ? write(printer->fd, ready->data + printer->written, size) : 0;
    if (written < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    printer->written += (size_t) written;
    if (printer->written == ready->size)
        printer->written = ready->size = 0;
    return 0;
}

int printer_drain(struct printer *printer)
{
    struct text *ready = &printer->ready;
    int          error = 0;

    while (error == 0 && !printer_is_idle(printer)) {
        error = printer_fill(printer);
        if (error == 0 && printer_is_ready(printer))
            error = output_write(printer->fd, ready->data + printer->written,
                                 ready->size - printer->written);
        printer->written = ready->size = 0;
    }
    return error;
}

void printer_discard(struct printer *printer)
{
    while (!STAILQ_EMPTY(&printer->dirty))
        clean(STAILQ_FIRST(&printer->dirty));
    while (!TAILQ_EMPTY(&printer->waiting))
        stop_waiting(TAILQ_FIRST(&printer->waiting));
    printer->long_line = NULL;
    printer->written = printer->ready.size = 0;
}

bool printer_is_idle(const struct printer *printer)
{
    return STAILQ_EMPTY(&printer->dirty) && printer->long_line == NULL &&
           !printer_is_ready(printer);
}

void printer_close(struct printer *printer)
{
    struct printer_source *source;

    while ((source = SLIST_FIRST(&printer->sources)) != NULL) {
        SLIST_REMOVE_HEAD(&printer->sources, link);
        close_source(source);
        free_source(source);
    }
    text_release(&printer->ready);
}
