/*
 * Prints the output of several threads as one stream: whole lines, each with its thread's name
 * before it.
 *
 * A printer reads the threads' logs. It never mixes two threads within a line, adds a newline to a
 * last line that has none, and takes lines of any length. It uses bounded memory: while its own
 * output is slow, it reads no more. Only printer_drain() blocks; the caller waits for the
 * descriptors. Much output to a file is printed by two threads if the user of the printer wishes it (PRINTER_TWO).
 *
 * Colours pass behind a name. Other escape sequences do not pass, because they would clear or move
 * the lines of other threads. An unfinished line, such as a prompt, can be shown as far as it goes.
 *
 *     printer_touch(source)      there may be something new in a log (printer_source.h)
 *     printer_fill(printer)      takes the complete lines from the logs
 *     printer_write(printer)     writes what a descriptor that is ready takes
 *     printer_is_idle(printer)   returns true once both are done
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_H
#define K3THREAD_CLI_VIEW_PRINTER_H

#include "cli/view/printer_source.h"

#include <poll.h>
#include <stdbool.h>

/*
 * Opens a printer that prints to FD. FLAGS: enum printer_flags; printer_style() returns the flags that
 * suit FD.
 */
void printer_open(struct printer *printer, int fd, unsigned flags);

/* Returns the flags that suit the terminal FD and its user; 0 if FD is not a terminal. */
unsigned printer_style(int fd);

/*
 * Takes lines from the logs until there is enough to write or no more to take. Returns 0 or
 * -ENOMEM.
 */
int printer_fill(struct printer *printer);

/* Returns the milliseconds after which an unfinished line must be shown, or -1 if there is none. */
int printer_patience(const struct printer *printer);

/* Returns true if bytes wait to be written; those that the second thread writes now do not wait. */
bool printer_is_ready(const struct printer *printer);

/* Returns what the caller has to wait for before it calls printer_write(); without events: nothing is to be written. */
struct pollfd printer_poll(const struct printer *printer);

/*
 * Writes some of the waiting bytes: few enough that a pipe or a terminal that poll() calls writable
 * does not block. Or takes note that the second thread has written its bytes. Returns 0 or -errno; -EPIPE if no
 * process reads any more. After an error, printer_discard() is all that may follow.
 */
int printer_write(struct printer *printer);

/*
 * Takes and writes everything, and waits for the descriptor. Returns as printer_fill() and
 * printer_write() do.
 */
int printer_drain(struct printer *printer);

/*
 * Ends the row of a line that is shown unfinished, because something else will be printed. The rest of the line
 * begins a row of its own, with the name.
 */
void printer_end_row(struct printer *printer);

/* Drops everything that could be taken or written, because it has no reader any more. */
void printer_discard(struct printer *printer);

/* Returns true if everything was taken and written. */
bool printer_is_idle(const struct printer *printer);

/* Closes and frees all sources. */
void printer_close(struct printer *printer);

#endif
