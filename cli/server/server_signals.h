/*
 * The signals that the supervisor takes: SIGCHLD for the ends of children, and the signals that ask
 * it to end all threads. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_SERVER_SIGNALS_H
#define K3THREAD_CLI_SERVER_SERVER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Puts the signals into *RET that must be blocked before the first thread is started. */
void server_signals(sigset_t *ret);

/* Makes the loop take these signals. The mailbox must be open. Returns 0 or -errno. */
int server_signals_open(void);

/* Returns true if a child has ended since the last call. The end of a child wakes the mailbox. */
bool server_signals_take_child_ended(void);

#endif
