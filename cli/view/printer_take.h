/*
 * Takes lines from the sources of a printer: a block from each source in turn, a very long line in
 * pieces, and an unfinished line after it has waited long enough. For printer.c.
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_TAKE_H
#define K3THREAD_CLI_VIEW_PRINTER_TAKE_H

#include "cli/view/printer_source.h"

#include <stdbool.h>

/* Returns true if there may be bytes to take now. */
bool take_is_needed(const struct printer *printer);

/* The size of the block that take_next() reads into. */
#define TAKE_BLOCK_SIZE (128U * 1024)

/* Takes a block from a source; BLOCK is room for it. Returns false if there is nothing to take. */
bool take_next(struct printer *printer, char *block);

/* Returns the milliseconds after which an unfinished line must be shown, or -1 if there is none. */
int take_patience(const struct printer *printer);

/* Drops all that could be taken now. */
void take_discard(struct printer *printer);

#endif
