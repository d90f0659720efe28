#include "cli/base/plain_lines.h"

#include "cli/base/file_lines.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t"

/* Replaces the end of LINE, an LF or CR LF, by a NUL. Returns 0, -EINVAL with WHY if LINE has a NUL, or -ENOMEM. */
static int end_line(struct text *line, struct text *why)
{
    while (line->size > 0 &&
           (line->data[line->size - 1] == '\n' || line->data[line->size - 1] == '\r'))
        line->size--;
    if (line->size > 0 && memchr(line->data, '\0', line->size) != NULL) {
        text_add(why, "the line holds a NUL byte");
        return -EINVAL;
    }
    text_byte(line, '\0', 1);
    return line->failed ? -ENOMEM : 0;
}

/* Returns true if LINE is neither blank nor a comment. */
static bool has_content(const char *line)
{
    line += strspn(line, BLANKS);
    return *line != '\0' && *line != '#';
}

int plain_lines_read(int fd, plain_lines_take take, void *context, size_t *ret_number,
                     struct text *why)
{
    struct file_lines file = {.fd = fd};
    struct text       line = {0};
    int               error = 0, found = 1;

    *ret_number = 0;
    while (error == 0 && (found = file_lines_next(&file, false, &line)) > 0) {
        ++*ret_number;
        error = end_line(&line, why);
        if (error == 0 && has_content(line.data))
            error = take(context, line.data, *ret_number, why);
        line.size = 0;
    }
    text_release(&line);
    file_lines_release(&file);
    return found < 0 ? found : error;
}

const char *plain_lines_failure(int error)
{
    return error == -E2BIG ? "a line is too long" : strerror(-error);
}
