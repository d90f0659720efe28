/*
 * Shows a line on standard error that says what a command waits for. The line is replaced in place
 * (bottom_line.h), and is shown only on a terminal.
 */
#ifndef K3THREAD_CLI_VIEW_PROGRESS_H
#define K3THREAD_CLI_VIEW_PROGRESS_H

#include "cli/base/text.h"

#include <stdbool.h>

/*
 * Returns true if standard error is a terminal, and this process may show progress there. A command of a script
 * may not: its run shows the progress.
 */
bool progress_is_seen(void);

/* Returns true if the terminal can replace a line. */
bool progress_can_replace(void);

/*
 * Shows TEXT, cut to the terminal's width, in place of the previous line. An empty TEXT removes the
 * line.
 */
void progress_show(const struct text *text);

#endif
