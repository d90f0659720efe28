/* The signals that end top, stop it, or change its terminal. top reads them from a descriptor. */
#ifndef K3THREAD_CLI_TOP_TOP_SIGNALS_H
#define K3THREAD_CLI_TOP_TOP_SIGNALS_H

#include "cli/top/state.h"

#include <signal.h>

/* Blocks the signals. Returns a descriptor that reads them, or -errno. *RET_BEFORE gets the mask as it was. */
int top_signals_open(sigset_t *ret_before);

/* Acts on the signals that have arrived. */
void top_signals_read(struct state *state, int fd);

/* Closes the descriptor, and restores the mask. */
void top_signals_close(int fd, const sigset_t *before);

#endif
