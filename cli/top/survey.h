/*
 * Looks at the processes and logs of threads: of those on the screen, and of all if they are sorted by
 * what their processes use. Decides when it is time for that.
 */
#ifndef K3THREAD_CLI_TOP_SURVEY_H
#define K3THREAD_CLI_TOP_SURVEY_H

#include "cli/top/state.h"

/* Looks at what is on the screen, as far as it is time to. The rows must be arranged. */
void survey_visible(struct state *state, double time);

/* Looks at a few of all threads, if they are sorted by that. */
void survey_all(struct state *state, double time);

/* Returns when a row on the screen will be another, or when survey_all() has to go on; or INFINITY. */
double survey_next(const struct state *state, double time);

#endif
