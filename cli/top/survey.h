/*
 * Looks at the processes and logs of threads: of those on the screen, and of all if they are sorted by
 * what their processes use. Decides when it is time for that.
 */
#ifndef K3THREAD_CLI_TOP_SURVEY_H
#define K3THREAD_CLI_TOP_SURVEY_H

#include "cli/top/state.h"

/* Looks at the rows on the screen that are due. The rows must be arranged. */
void survey_visible(struct state *state, double time);

/* Looks at some of all rows, if they are sorted by what their processes use. */
void survey_all(struct state *state, double time);

/* Returns when a row on the screen will change by itself, or when survey_all() must go on; or INFINITY. */
double survey_next(const struct state *state, double time);

#endif
