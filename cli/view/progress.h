/*
 * A line on standard error that says what is waited for, and changes while one looks: on a
 * terminal; anywhere else nothing is shown.
 */
#ifndef K3THREAD_CLI_VIEW_PROGRESS_H
#define K3THREAD_CLI_VIEW_PROGRESS_H

#include "cli/base/text.h"

#include <stdbool.h>

/* Zeroed, it is ready. */
struct progress {
    bool shown;
};

/* Would anybody see it? */
bool progress_is_seen(void);

/* Shows TEXT, cut to the terminal's width, in place of what was shown; an empty one takes it away. */
void progress_show(struct progress *progress, const struct text *text);

#endif
