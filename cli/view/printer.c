#include "cli/view/printer.h"

#include "cli/view/output.h"
#include "cli/view/printer_take.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* While this many bytes wait to be written, no more lines are taken. */
#define READY_MAX (256U * 1024)

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
    char *block;

    if (!take_is_needed(printer))
        return 0;
    block = malloc(TAKE_BLOCK_SIZE);
    if (block == NULL)
        return -ENOMEM;
    while (printer->ready.size < READY_MAX && !printer->ready.failed)
        if (!take_next(printer, block))
            break;
    free(block);
    return printer->ready.failed ? -ENOMEM : 0;
}

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
    output_announce(printer->fd, ready->data + printer->written, size);
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

void printer_end_row(struct printer *printer)
{
    if (printer->open == NULL)
        return;
    text_byte(&printer->ready, '\n', 1);
    printer->open = NULL;
}

void printer_discard(struct printer *printer)
{
    take_discard(printer);
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

    while ((source = LIST_FIRST(&printer->sources)) != NULL)
        printer_remove(source);
    text_release(&printer->ready);
}
