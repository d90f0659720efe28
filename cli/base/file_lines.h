/* Reads the lines of a file, without a byte-order mark. */
#ifndef K3THREAD_CLI_BASE_FILE_LINES_H
#define K3THREAD_CLI_BASE_FILE_LINES_H

#include "cli/base/line_buffer.h"
#include "cli/base/text.h"

#include <stdbool.h>

struct file_lines {
    int                fd;    /* borrowed */
    bool               begun; /* a line was read */
    struct line_buffer buffer;
};

/*
 * Appends the next line, with its newline, to LINE. CONTEXT is a struct file_lines. CONTINUED does not
 * matter: the function has the form that a reader of scripts wants. Returns 1, 0 at the end, or -errno: -E2BIG for a
 * line longer than any script has.
 */
int file_lines_next(void *context, bool continued, struct text *line);

void file_lines_release(struct file_lines *file);

#endif
