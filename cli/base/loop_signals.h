/* Makes the event loop (loop.h) take signals of this process. One thread, once. */
#ifndef K3THREAD_CLI_BASE_LOOP_SIGNALS_H
#define K3THREAD_CLI_BASE_LOOP_SIGNALS_H

#include <signal.h>

/*
 * Makes the loop call TAKE for each of the signals in SET. Changes the mask of the calling thread as HOW says, for
 * sigprocmask(2): SIG_BLOCK or SIG_SETMASK. Returns 0 or -errno.
 */
int loop_take_signals(int how, const sigset_t *set, void (*take)(int signal));

#endif
