/*
 * The output of several threads as one: whole lines, each with its thread's name before it.
 *
 * A printer reads the threads' logs. Two threads never mix within a line, a last line without newline is
 * ended, and a line may be of any length: the memory that is used is bounded, so that a slow reader
 * costs nothing but time. Nothing here blocks but printer_drain(); the caller waits.
 *
 * Behind a name a line's colours pass. Its other escape sequences do not: they would clear or
 * move what belongs to other lines. A line that waits for its end, as a prompt does, can be shown
 * so far.
 *
 *     printer_touch(source)      there may be something new in a log (printer_source.h)
 *     printer_fill(printer)      takes what is complete from the logs
 *     printer_write(printer)     writes what a descriptor that is ready takes
 *     printer_is_idle(printer)   until there is neither to do
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_H
#define K3THREAD_CLI_VIEW_PRINTER_H

#include "cli/view/printer_source.h"

#include <stdbool.h>

/* Prints to FD. FLAGS: enum printer_flags; printer_style() has what suits FD. */
void printer_open(struct printer *printer, int fd, unsigned flags);

/* Returns the flags that suit FD, if it is a terminal, and its user; 0 for anything else. */
unsigned printer_style(int fd);

/* Takes from the logs until there is enough to write or nothing to take. Returns 0 or -ENOMEM. */
int printer_fill(struct printer *printer);

/* Returns in how many milliseconds a line that waits for its end is to be shown; -1: there is none. */
int printer_patience(const struct printer *printer);

/* Returns true if there is something to write. */
bool printer_is_ready(const struct printer *printer);

/*
 * Writes some of it: so little that a pipe or terminal that poll() calls writable does not block.
 * Returns 0 or -errno; -EPIPE: the reader went away.
 */
int printer_write(struct printer *printer);

/* Takes and writes all there is, and waits for the descriptor. Returns as the two above do. */
int printer_drain(struct printer *printer);

/* Drops all that was to be taken or written: nobody reads it. */
void printer_discard(struct printer *printer);

/* Returns true if all has been taken and written. */
bool printer_is_idle(const struct printer *printer);

/* Closes and frees all sources. */
void printer_close(struct printer *printer);

#endif
