/* The last lines of a log, for a reader of a message or of a report. */
#ifndef K3THREAD_CLI_SCRIPT_LOG_TAIL_H
#define K3THREAD_CLI_SCRIPT_LOG_TAIL_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * Adds the last LINES lines of the file at PATH, as they are but without the last newline, and of no more than its last
 * BYTES bytes. Adds nothing if it cannot be read or is no regular file.
 */
void log_tail_add(struct text *text, const char *path, size_t lines, size_t bytes);

#endif
