/*
 * The line at the bottom of the terminal that a process replaces in place, and that must not stand in the way
 * of what is printed: before anything else is written to standard output or standard error, the line is
 * removed. That concerns what is written through output.h and printer.h. progress.h decides what the line says.
 *
 * A process has one such line. A child of the process that shows it, such as the script of a run, may print to
 * the same terminal; it removes the line of its parent, which draws it again.
 */
#ifndef K3THREAD_CLI_VIEW_BOTTOM_LINE_H
#define K3THREAD_CLI_VIEW_BOTTOM_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Shows SIZE bytes, which fit into a row of the terminal at standard error, in place of the line that is shown.
 * Without bytes, removes that line.
 */
void bottom_line_show(const char *bytes, size_t size);

/* Returns true if the line is shown. */
bool bottom_line_is_shown(void);

/*
 * Leaves the line to the parent of this process from now on: this process shows none, and removes the parent's
 * before it begins a line of its own.
 */
void bottom_line_leave_to_parent(void);

/* Returns true if the parent has the line. */
bool bottom_line_is_parents(void);

#endif
