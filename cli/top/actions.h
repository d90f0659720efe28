/* Does the actions of the user on a thread: raise, restart, attach, read its log. */
#ifndef K3THREAD_CLI_TOP_ACTIONS_H
#define K3THREAD_CLI_TOP_ACTIONS_H

#include "cli/top/state.h"

/* Each function returns 0, or -errno if the connection has failed. */

/* Raises EXCEPTION in the thread ID, which the user knows as NAME. */
int actions_raise(struct state *state, int64_t id, const char *name, const char *exception);

int actions_restart(struct state *state, const struct row *row);

/* Attaches to the terminal of the thread, and draws the screen again when the user has detached. */
int actions_attach(struct state *state, const struct row *row);

#endif
