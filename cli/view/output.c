#include "cli/view/output.h"

#include "cli/base/partial_write.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static output_listener *listener;

void output_set_listener(output_listener *function)
{
    listener = function;
}

void output_announce(int fd, const char *data, size_t size)
{
    if (listener != NULL)
        listener(fd, data, size);
}

/* Waits until FD, which does not block, takes more. */
static int wait_writable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

    if (poll(&pollfd, 1, -1) < 0 && errno != EINTR)
        return -errno;
    return 0;
}

static int write_rest(int fd, const char **rest, size_t *size)
{
    int error;

    do
        error = partial_write(fd, rest, size);
    while (error == -EAGAIN && (error = wait_writable(fd)) == 0);
    return error;
}

int output_write_part(int fd, const char **rest, size_t *size)
{
    output_announce(fd, *rest, *size);
    return write_rest(fd, rest, size);
}

int output_write_announced(int fd, const void *data, size_t size)
{
    const char *rest = data;

    return write_rest(fd, &rest, &size);
}

int output_write(int fd, const void *data, size_t size)
{
    const char *rest = data;

    return output_write_part(fd, &rest, &size);
}

static int append_json(const char *data, size_t size, void *text)
{
    text_append(text, data, size);
    return 0;
}

void text_add_json(struct text *text, const json_t *value)
{
    /* 16 digits hold a time since the epoch to the microsecond, and still print 0.2 as 0.2. */
    if (json_dump_callback(value, append_json, text, JSON_INDENT(2) | JSON_REAL_PRECISION(16)) < 0)
        text->failed = true;
    text_add(text, "\n");
}

size_t output_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}
