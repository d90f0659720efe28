/* Makes sets of signals. */
#ifndef K3THREAD_CLI_BASE_SIGNAL_SET_H
#define K3THREAD_CLI_BASE_SIGNAL_SET_H

#include <signal.h>

/* Returns the set of the signals that are the arguments: SIGNAL_SET(SIGTERM, SIGINT). */
#define SIGNAL_SET(...) signal_set((const int[]){__VA_ARGS__, 0})

/* Returns the set of SIGNALS, a list up to a 0. */
sigset_t signal_set(const int *signals);

#endif
