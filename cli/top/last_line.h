/* Finds the last line of a log. */
#ifndef K3THREAD_CLI_TOP_LAST_LINE_H
#define K3THREAD_CLI_TOP_LAST_LINE_H

#include "cli/base/text.h"

/*
 * Adds the last line of the file at PATH that is not blank, as line_text_add() does. Adds nothing if
 * the file cannot be read, or is no regular file.
 */
void last_line_add(struct text *text, const char *path);

/* Adds the last line of the SIZE bytes at END, the end of a log, in the same way. */
void last_line_find(struct text *text, const char *end, size_t size);

#endif
