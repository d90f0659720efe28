/* Does the action of each key, which depends on the mode of the state. */
#ifndef K3THREAD_CLI_TOP_KEYS_H
#define K3THREAD_CLI_TOP_KEYS_H

#include "cli/top/state.h"

/* Takes one key. Returns 0, or -errno if the connection has failed. */
int keys_take(struct state *state, int key);

#endif
