/* Decides what an exception does to a thread, once the worker has taken the exception. */
#ifndef K3THREAD_CLI_WORKER_RAISED_H
#define K3THREAD_CLI_WORKER_RAISED_H

#include "cli/worker/worker.h"

/* The effect of the taken exceptions on a thread whose command does not run. */
enum raised { RAISED_NOTHING, RAISED_GO, RAISED_END };

/*
 * Takes the pending exceptions while no command runs. On RAISED_END the caller ends the thread; the
 * report names the exception.
 */
enum raised raised_while_idle(struct worker *worker);

/*
 * Takes the oldest pending exception that has an effect on a run. *RET_SIGNAL becomes the signal that the exception
 * stands for, or 0 if the exception ends the run. *RET_AUTOMATIC: see worker_take(). Returns false if there is none.
 */
bool raised_next(struct worker *worker, struct k3thread_exc *ret, int *ret_signal,
                 bool *ret_automatic);

/*
 * Takes the pending exceptions while the command or a leftover runs on this machine; each ends the run or sends a
 * signal.
 */
void raised_while_running(struct worker *worker);

/*
 * Ends the run by E: KeyboardInterrupt interrupts the command's processes, any other exception asks
 * them by the stop signal.
 */
void raised_stop(struct worker *worker, const struct k3thread_exc *e);

#endif
