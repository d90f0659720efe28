/*
 * The line at the bottom of the terminal, which a process replaces in place. The line must not mix with other
 * output: it is removed before output.h or printer.h writes to standard output or standard error. progress.h
 * decides what the line says.
 *
 * A process has one such line. A child of that process, such as the script of a run, may print to the same terminal.
 * The child then removes the line of its parent, and the parent draws the line again.
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
 * Leaves the line to the parent of this process from now on: this process shows no such line, and removes the
 * parent's line before it begins to print a line.
 */
void bottom_line_leave_to_parent(void);

/* Returns true if the parent has the line. */
bool bottom_line_is_parents(void);

#endif
