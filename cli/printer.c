#include "cli/printer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (64U * 1024)

/* With so much to write, nothing more is taken. */
#define READY_MAX (256U * 1024)

/* What follows a name; SGR codes of the colours: no red, which reads as a failure. */
#define SEPARATOR " | "
static const char *const colours[] = {"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"};

#define COLOUR_COUNT (sizeof(colours) / sizeof(colours[0]))

void printer_open(struct printer *printer, int fd, unsigned flags)
{
    *printer = (struct printer){.fd = fd, .flags = flags};
    STAILQ_INIT(&printer->dirty);
    SLIST_INIT(&printer->sources);
}

unsigned printer_style(int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (!isatty(fd))
        return 0;
    if (no_colour != NULL && no_colour[0] != '\0')
        return PRINTER_ALIGN;
    if (terminal == NULL || strcmp(terminal, "dumb") == 0)
        return PRINTER_ALIGN;
    return PRINTER_ALIGN | PRINTER_COLOUR;
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
    source->fd = source->writer.fd = -1;
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
    if (source->dirty)
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

/* Lines */

/*
 * When the line whose last byte is at LAST was seen. One that `run` did not see yet is seen now;
 * the next may have been noticed by both at once, but no line comes before the one above it.
 */
static int64_t time_of(struct printer_source *source, off_t last)
{
    int64_t time;

    if (source->reader == NULL)
        return source->time;
    if (!times_read(source->reader, source->path, last, &time))
        time = times_now();
    if (time > source->time)
        source->time = time;
    return source->time;
}

/*
 * What stands before the line that ends at LAST. A command may have left a colour on: the name
 * begins without.
 */
static void add_prefix(struct printer_source *source, off_t last)
{
    struct printer *printer = source->printer;
    struct text    *text = &printer->ready;
    bool            colour = (printer->flags & PRINTER_COLOUR) && (printer->flags & PRINTER_NAMES);

    if (colour)
        text_printf(text, "\033[0;%sm", colours[source->colour % COLOUR_COUNT]);
    if (printer->flags & PRINTER_TIMES)
        times_add(text, time_of(source, last));
    if (printer->flags & PRINTER_NAMES) {
        text_append(text, source->name.data, source->name.size);
        if (printer->flags & PRINTER_ALIGN)
            text_byte(text, ' ', printer->width - source->name_width);
        text_add(text, SEPARATOR);
    }
    if (colour)
        text_add(text, "\033[0m");
}

/* Takes the lines of a block that begins with one and ends with a newline. */
static void add_lines(struct printer_source *source, const char *block, size_t size)
{
    struct printer *printer = source->printer;
    off_t           at = source->begin;

    while (size > 0) {
        const char *end = memchr(block, '\n', size);
        size_t      line = (size_t) (end - block) + 1;

        at += (off_t) line;
        add_prefix(source, at - 1);
        text_append(&printer->ready, block, line);
        block += line;
        size -= line;
    }
}

/* The log */

/* Most logs never have a byte in them: that is all there is to find out about those. */
static bool is_written(const struct printer_source *source)
{
    struct stat info;

    return stat(source->path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
}

/* Opens the log once there is something in it; what is no regular file cannot be read beside its
 * writer. */
static bool is_open(struct printer_source *source)
{
    if (source->fd < 0 && is_written(source))
        source->fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return source->fd >= 0;
}

/*
 * Reads at the offset AT. A log that is kept small (start --log-limit) has lost its start, which
 * reads as a hole: the line that was being read is then gone, and *RET_MOVED where data begins.
 */
static ssize_t read_log(struct printer_source *source, char *block, off_t at, off_t *ret_moved)
{
    off_t   data = lseek(source->fd, at, SEEK_DATA);
    off_t   left = source->limit > 0 ? source->limit - at : (off_t) BLOCK_SIZE;
    ssize_t size;

    if (left <= 0)
        return 0;

    if (data > at) {
        *ret_moved = data;
        return 0;
    }
    do
        size = pread(source->fd, block, left < (off_t) BLOCK_SIZE ? (size_t) left : BLOCK_SIZE, at);
    while (size < 0 && errno == EINTR);
    return size;
}

/* Nothing is to be taken from it for now, or never again. */
static void clean(struct printer_source *source)
{
    source->dirty = false;
    source->done = source->ended;
    STAILQ_REMOVE(&source->printer->dirty, source, printer_source, dirty_link);
}

/* Takes the line up to END in pieces; NEWLINE: there is one, which is not taken. */
static void begin_long_line(struct printer_source *source, off_t end, bool newline)
{
    struct printer *printer = source->printer;

    add_prefix(source, newline ? end : end - 1);
    printer->long_line = source;
    printer->long_end = end;
    printer->long_next = end + newline;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_source(struct printer_source *source)
{
    close_fd(&source->fd);
    close_fd(&source->writer.fd);
}

/* At the end of what is there: a source that has ended is done, and its last line ended. */
static void settle(struct printer_source *source)
{
    if (source->ended && source->seen > source->begin) {
        begin_long_line(source, source->seen, false);
        return;
    }
    clean(source);
    if (source->ended)
        close_source(source);
}

/* Moves to where the data begins after a hole, at the next whole line. */
static void skip_hole(struct printer_source *source, char *block, off_t data)
{
    ssize_t     size = pread(source->fd, block, BLOCK_SIZE, data);
    const char *newline = size > 0 ? memchr(block, '\n', (size_t) size) : NULL;

    source->begin = source->seen = newline != NULL ? data + (newline - block) + 1 : data;
}

/* Is the file shorter than what was read? Somebody emptied it, and it begins anew. */
static bool is_shorter(const struct printer_source *source)
{
    struct stat info;

    return fstat(source->fd, &info) == 0 && info.st_size < source->seen;
}

/* What was read up to END is seen now. */
static void see(struct printer_source *source, off_t end)
{
    unsigned flags = source->printer->flags;

    if (source->reader == NULL && (flags & (PRINTER_TIMES | PRINTER_KEEP)))
        source->time = times_now();
    if (flags & PRINTER_KEEP)
        times_write(&source->writer, source->path, source->fd, end, source->time);
}

/* Takes the whole lines of the next block of SOURCE. */
static void take_block(struct printer_source *source, char *block)
{
    off_t       moved = -1;
    ssize_t     size = read_log(source, block, source->seen, &moved);
    const char *last;

    if (moved >= 0) {
        skip_hole(source, block, moved);
        return;
    }
    if (size <= 0) {
        if (is_shorter(source))
            source->begin = source->seen = 0;
        else
            settle(source);
        return;
    }
    see(source, source->seen + size);
    if (source->begin == source->seen) {
        last = memrchr(block, '\n', (size_t) size);
        if (last != NULL)
            add_lines(source, block, (size_t) (last - block) + 1);
        source->begin += last != NULL ? last - block + 1 : 0;
        source->seen += size;
        return;
    }
    last = memchr(block, '\n', (size_t) size); /* the end of the line that has begun before */
    source->seen += last != NULL ? last - block : size;
    if (last != NULL)
        begin_long_line(source, source->seen, true);
}

/* Takes the next piece of the long line, and its newline at the end. */
static void take_piece(struct printer *printer, char *block)
{
    struct printer_source *source = printer->long_line;
    off_t                  left = printer->long_end - source->begin;
    size_t                 wanted = left < (off_t) BLOCK_SIZE ? (size_t) left : BLOCK_SIZE;
    ssize_t                size = wanted > 0 ? pread(source->fd, block, wanted, source->begin) : 0;

    if (size < 0 && errno == EINTR)
        return;
    if (size > 0) {
        text_append(&printer->ready, block, (size_t) size);
        source->begin += size;
        return;
    }
    text_add(&printer->ready, "\n");
    source->begin = source->seen = printer->long_next;
    printer->long_line = NULL;
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
    take_block(source, block);
}

int printer_fill(struct printer *printer)
{
    char *block;

    if (STAILQ_EMPTY(&printer->dirty) && printer->long_line == NULL)
        return 0;
    block = malloc(BLOCK_SIZE);
    if (block == NULL)
        return -ENOMEM;
    while (printer->ready.size < READY_MAX && !printer->ready.failed) {
        if (printer->long_line != NULL)
            take_piece(printer, block);
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

    if (size > PIPE_BUF)
        size = PIPE_BUF;
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
    struct pollfd pollfd = {.fd = printer->fd, .events = POLLOUT};
    int           error = 0;

    while (error == 0 && !printer_is_idle(printer)) {
        error = printer_fill(printer);
        if (error == 0 && printer_is_ready(printer) && poll(&pollfd, 1, -1) >= 0)
            error = printer_write(printer);
    }
    return error;
}

void printer_discard(struct printer *printer)
{
    while (!STAILQ_EMPTY(&printer->dirty))
        clean(STAILQ_FIRST(&printer->dirty));
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
