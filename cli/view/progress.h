/*
 * A line on standard error that says what a command waits for, and that is replaced in place. It is
 * shown only on a terminal.
 */
#ifndef K3THREAD_CLI_VIEW_PROGRESS_H
#define K3THREAD_CLI_VIEW_PROGRESS_H

#include "cli/base/text.h"

#include <stdbool.h>

/* The line that is shown now. Zeroed: none. */
struct progress {
    bool shown;
};

/* Returns true if standard error is a terminal. */
bool progress_is_seen(void);

/*
 * Shows TEXT, cut to the terminal's width, in place of the previous line. An empty TEXT removes the
 * line.
 */
void progress_show(struct progress *progress, const struct text *text);

#endif
