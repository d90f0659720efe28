/* A line of a log as a terminal would leave it behind: plain text, without escape sequences. */
#ifndef K3THREAD_CLI_TOP_LINE_TEXT_H
#define K3THREAD_CLI_TOP_LINE_TEXT_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * Adds the line of SIZE bytes at BYTES, without its newline. Leaves out escape sequences and what a
 * carriage return or a backspace has overwritten, and makes blanks of tabs. The rest is escaped, so
 * that it is printable UTF-8 alone.
 */
void line_text_add(struct text *text, const char *bytes, size_t size);

#endif
