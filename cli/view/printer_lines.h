/*
 * Prints the lines of a printer: the name and the time before a line, and the bytes of the line that
 * may pass. For printer_take.c.
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_LINES_H
#define K3THREAD_CLI_VIEW_PRINTER_LINES_H

#include "cli/view/printer_source.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Prints the name and the time before a line that ends at LAST, or before the rest of a line that
 * another source has interrupted. Prints nothing if the source's line is open on the output.
 */
void lines_begin(struct printer_source *source, off_t last);

/* Prints a piece, without newline, of the line that lines_begin() has begun. */
void lines_add(struct printer_source *source, const char *piece, size_t size);

/*
 * Prints all lines of a block that begins with a line and ends with a newline. This is the fast way, for lines that
 * all get the same prefix. Returns false, and prints nothing, if the lines must be printed one by one.
 */
bool lines_add_plain(struct printer_source *source, const char *block, size_t size);

/* Prints the line that announces the run of MARK. Ends an open line first. */
void lines_add_run(struct printer_source *source, const struct run_mark *mark);

/* Ends the line, if it is open. */
void lines_end(struct printer_source *source);

#endif
