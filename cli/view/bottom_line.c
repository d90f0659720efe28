#include "cli/view/bottom_line.h"

#include "cli/view/output.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define REMOVE "\r\033[K"

/* The state of this process's line. */
static struct {
    bool is_shown;
    bool is_parents;
    bool is_begun; /* with a parent's line: this process has written a line without its end */
} line;

/* Puts SIZE bytes in place of the line that is shown. */
static void replace(const char *bytes, size_t size)
{
    const struct iovec parts[] = {
        {.iov_base = (char *) REMOVE, .iov_len = strlen(REMOVE)},
        {.iov_base = (char *) bytes, .iov_len = size},
    };

    line.is_shown = size > 0;
    /* One write, so that nothing comes between its parts. A line that is lost does no harm. */
    while (writev(STDERR_FILENO, parts, 2) < 0 && errno == EINTR)
        continue;
}

/* Removes the parent's line, unless this process has begun a line of its own, which has removed it. */
static void remove_parents(const char *data, size_t size)
{
    if (!line.is_begun)
        while (write(STDERR_FILENO, REMOVE, strlen(REMOVE)) < 0 && errno == EINTR)
            continue;
    line.is_begun = data[size - 1] != '\n';
}

/* Removes the line before a write to FD that may lead to its terminal. */
static void make_way(int fd, const char *data, size_t size)
{
    if (size == 0 || (fd != STDOUT_FILENO && fd != STDERR_FILENO))
        return;
    if (line.is_parents)
        remove_parents(data, size);
    else if (line.is_shown)
        replace(NULL, 0);
}

void bottom_line_show(const char *bytes, size_t size)
{
    if ((size == 0 && !line.is_shown) || line.is_parents)
        return;
    output_set_listener(make_way);
    replace(bytes, size);
}

bool bottom_line_is_shown(void)
{
    return line.is_shown;
}

void bottom_line_leave_to_parent(void)
{
    line.is_parents = true;
    line.is_shown = false;
    output_set_listener(make_way);
}

bool bottom_line_is_parents(void)
{
    return line.is_parents;
}
