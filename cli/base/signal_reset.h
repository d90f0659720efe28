/* Gives signals their default actions. */
#ifndef K3THREAD_CLI_BASE_SIGNAL_RESET_H
#define K3THREAD_CLI_BASE_SIGNAL_RESET_H

/* Gives SIGNAL its default action, also the two signals that the C library keeps to itself. Async-signal-safe. */
void signal_reset(int signal);

/* Gives each signal its default action: those that this process has inherited may be ignored. Async-signal-safe. */
void signal_reset_all(void);

#endif
