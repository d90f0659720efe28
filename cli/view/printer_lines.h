/* How a printer prints a line: the name and the time before it, and the bytes that may pass. For printer_take.c. */
#ifndef K3THREAD_CLI_VIEW_PRINTER_LINES_H
#define K3THREAD_CLI_VIEW_PRINTER_LINES_H

#include "cli/view/printer_source.h"

#include <stddef.h>
#include <sys/types.h>

/*
 * Prints the name and the time of a line that ends at LAST, or of the rest of a line that another source has
 * cut off. Prints nothing if the source's line is open.
 */
void lines_begin(struct printer_source *source, off_t last);

/* Prints a piece of the line that was begun; it has no newline. */
void lines_add(struct printer_source *source, const char *piece, size_t size);

/* Ends the line, if it is open. */
void lines_end(struct printer_source *source);

#endif
