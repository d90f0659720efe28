/* Makes plain text of a line of a log: the characters that a terminal would show in the end. */
#ifndef K3THREAD_CLI_TOP_LINE_TEXT_H
#define K3THREAD_CLI_TOP_LINE_TEXT_H

#include "cli/base/text.h"

#include <stddef.h>

/*
 * Adds the line of SIZE bytes at BYTES, without its newline. Leaves out escape sequences and characters
 * that were overwritten after a carriage return or a backspace, and makes blanks of tabs. Escapes the
 * rest, so that TEXT gets only printable UTF-8.
 */
void line_text_add(struct text *text, const char *bytes, size_t size);

#endif
