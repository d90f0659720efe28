#include "cli/view/printer.h"

#include "cli/view/output.h"
#include "cli/view/printer_pair.h"
#include "cli/view/printer_take.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* While this many bytes wait to be written, no more lines are taken. */
#define READY_MAX (256U * 1024)

/* After this many bytes, two threads print: they save on as many bytes what the start of the second one costs. */
#define MUCH (4U * 1024 * 1024)

void printer_open(struct printer *printer, int fd, unsigned flags)
{
    struct stat info;
    bool        is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);

    *printer = (struct printer){.fd = fd, .flags = flags, .piece = is_file ? SIZE_MAX : PIPE_BUF};
    STAILQ_INIT(&printer->dirty);
    TAILQ_INIT(&printer->waiting);
    LIST_INIT(&printer->sources);
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

int printer_patience(const struct printer *printer)
{
    return take_patience(printer);
}

int printer_fill(struct printer *printer)
{
    return take_until(printer, printer->pair != NULL ? PAIR_BLOCK_SIZE : READY_MAX);
}

bool printer_is_ready(const struct printer *printer)
{
    return printer->ready.size > printer->written;
}

struct pollfd printer_poll(const struct printer *printer)
{
    if (pair_is_busy(printer))
        return (struct pollfd){.fd = pair_fd(printer), .events = POLLIN};
    return (struct pollfd){.fd = printer->fd, .events = printer_is_ready(printer) ? POLLOUT : 0};
}

/* Returns true if two threads are to print. The reader of a pipe keeps the other processor busy, so it is for files. */
static bool is_for_two(struct printer *printer)
{
    if (!(printer->flags & PRINTER_TWO) || printer->piece != SIZE_MAX ||
        printer->ready.size - printer->written < READY_MAX || !take_is_needed(printer))
        return false;
    if (printer->pair != NULL)
        return true;
    if (printer->printed < MUCH)
        return false;
    if (!pair_open(printer))
        printer->flags &= ~(unsigned) PRINTER_TWO;
    return printer->pair != NULL;
}

int printer_write(struct printer *printer)
{
    struct text *ready = &printer->ready;
    size_t       size = ready->size - printer->written;
    ssize_t      written;

    if (pair_is_busy(printer))
        return pair_finish(printer);
    if (is_for_two(printer))
        return pair_write(printer);
    if (size > printer->piece)
        size = printer->piece;
    output_announce(printer->fd, ready->data + printer->written, size);
    written = size > 0 ? write(printer->fd, ready->data + printer->written, size) : 0;
    if (written < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    printer->written += (size_t) written;
    printer->printed += (uint64_t) written;
    if (printer->written == ready->size)
        printer->written = ready->size = 0;
    return 0;
}

int printer_drain(struct printer *printer)
{
    struct text *ready = &printer->ready;
    int          error = pair_finish(printer);

    while (error == 0 && !printer_is_idle(printer)) {
        error = printer_fill(printer);
        if (error == 0 && printer_is_ready(printer))
            error = output_write(printer->fd, ready->data + printer->written,
                                 ready->size - printer->written);
        printer->written = ready->size = 0;
    }
    return error;
}

void printer_end_row(struct printer *printer)
{
    if (printer->open == NULL)
        return;
    text_byte(&printer->ready, '\n', 1);
    printer->open = NULL;
}

void printer_discard(struct printer *printer)
{
    (void) pair_finish(printer);
    take_discard(printer);
    printer->written = printer->ready.size = 0;
}

bool printer_is_idle(const struct printer *printer)
{
    return STAILQ_EMPTY(&printer->dirty) && printer->long_line == NULL &&
           !printer_is_ready(printer) && !pair_is_busy(printer);
}

void printer_close(struct printer *printer)
{
    struct printer_source *source;

    pair_close(printer);
    while ((source = LIST_FIRST(&printer->sources)) != NULL)
        printer_remove(source);
    text_release(&printer->ready);
}
