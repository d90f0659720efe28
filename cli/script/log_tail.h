/* Reads the last lines of a log, for a message or a report. */
#ifndef K3THREAD_CLI_SCRIPT_LOG_TAIL_H
#define K3THREAD_CLI_SCRIPT_LOG_TAIL_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * Adds the last LINES lines of the file at PATH, without the last newline, but no more than its
 * last BYTES bytes. Adds nothing if the file cannot be read or is not a regular file.
 */
void log_tail_add(struct text *text, const char *path, size_t lines, size_t bytes);

/*
 * Returns the line of TAIL that begins at *AT, of *RET_SIZE bytes without its newline, and moves *AT behind it. Returns
 * NULL at the end.
 */
const char *log_tail_next(const struct text *tail, size_t *at, size_t *ret_size);

#endif
