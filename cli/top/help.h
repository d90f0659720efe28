/* The list of keys, and the hints in the last line. */
#ifndef K3THREAD_CLI_TOP_HELP_H
#define K3THREAD_CLI_TOP_HELP_H

#include "cli/top/state.h"

/* Draws the list of all keys. */
void help_draw(struct state *state);

/* Returns the hints for MODE. */
const char *help_hints(enum state_mode mode);

#endif
