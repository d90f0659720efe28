/*
 * Takes lines from the sources of a printer: a block from each source in turn, a very long line in
 * pieces, and an unfinished line after it has waited long enough. For printer.c.
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_TAKE_H
#define K3THREAD_CLI_VIEW_PRINTER_TAKE_H

#include "cli/view/printer_source.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns true if there may be bytes to take now. */
bool take_is_needed(const struct printer *printer);

/* Takes lines until SIZE bytes are ready or there is nothing more to take. Returns 0 or -ENOMEM. */
int take_until(struct printer *printer, size_t size);

/* Returns the milliseconds after which an unfinished line must be shown, or -1 if there is none. */
int take_patience(const struct printer *printer);

/* Drops all that could be taken now. */
void take_discard(struct printer *printer);

#endif
