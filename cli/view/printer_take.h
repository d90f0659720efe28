/*
 * How a printer takes lines from its sources: block by block in turns, a very long line in pieces, and a line
 * without end once it has waited long enough. For printer.c.
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_TAKE_H
#define K3THREAD_CLI_VIEW_PRINTER_TAKE_H

#include "cli/view/printer_source.h"

#include <stdbool.h>

/* Returns true if there may be something to take now. */
bool take_is_needed(const struct printer *printer);

/* The size of a block, which take_next() reads to. */
#define TAKE_BLOCK_SIZE (64U * 1024)

/* Takes a block from a source, using BLOCK. Returns false if there is nothing to take. */
bool take_next(struct printer *printer, char *block);

/* Returns in how many milliseconds a line that waits for its end is to be shown; -1: there is none. */
int take_patience(const struct printer *printer);

/* Forgets what there is to take now. */
void take_nothing(struct printer *printer);

#endif
