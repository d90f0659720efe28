/* The signals of top, which are read from a descriptor: those that end it, stop it, or change its terminal. */
#ifndef K3THREAD_CLI_TOP_TOP_SIGNALS_H
#define K3THREAD_CLI_TOP_TOP_SIGNALS_H

#include "cli/top/state.h"

#include <signal.h>

/* Takes the signals from now on. Returns a descriptor, or -errno. *RET_BEFORE gets the mask. */
int top_signals_open(sigset_t *ret_before);

/* Acts on the signals that have arrived. */
void top_signals_read(struct state *state, int fd);

/* Gives the signals back. */
void top_signals_close(int fd, const sigset_t *before);

#endif
