/*
 * Reads the lines of a file, without a byte-order mark: a reader_line function (reader.h) and its
 * context.
 */
#ifndef K3THREAD_CLI_SCRIPT_FILE_LINES_H
#define K3THREAD_CLI_SCRIPT_FILE_LINES_H

#include "cli/base/line_buffer.h"
#include "cli/base/text.h"

#include <stdbool.h>

struct file_lines {
    int                fd;    /* borrowed */
    bool               begun; /* a line was read */
    struct line_buffer buffer;
};

/*
 * Reads a line: a reader_line whose CONTEXT is a struct file_lines. Returns -E2BIG for a line
 * longer than any script has.
 */
int file_lines_next(void *context, bool continued, struct text *line);

void file_lines_release(struct file_lines *file);

#endif
