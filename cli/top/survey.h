/*
 * Looks at the processes and logs of the threads on the screen, and of all threads if they are sorted by
 * the usage of their processes. Decides when a look is due.
 */
#ifndef K3THREAD_CLI_TOP_SURVEY_H
#define K3THREAD_CLI_TOP_SURVEY_H

#include "cli/top/state.h"

/* Looks at the rows on the screen that are due. The rows must be arranged. */
void survey_visible(struct state *state, double time);

/* Looks at some of all rows, if the rows are sorted by the usage of their processes. */
void survey_all(struct state *state, double time);

/* Returns the time at which a row on the screen changes by itself, or survey_all() must go on; or INFINITY. */
double survey_next(const struct state *state, double time);

#endif
