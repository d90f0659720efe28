/* The screen with the list of threads. */
#ifndef K3THREAD_CLI_TOP_LIST_VIEW_H
#define K3THREAD_CLI_TOP_LIST_VIEW_H

#include "cli/top/state.h"

/* Draws the list as it is at TIME, on the monotonic clock. The rows must be arranged. */
void list_view_draw(struct state *state, double time);

#endif
