/* What an exception does to a thread, when its worker takes it. */
#ifndef K3THREAD_CLI_WORKER_RAISED_H
#define K3THREAD_CLI_WORKER_RAISED_H

#include "cli/worker/worker.h"

/* What the exceptions that were taken mean for a thread whose command does not run. */
enum raised { RAISED_NOTHING, RAISED_GO, RAISED_END };

/*
 * Takes what was raised while no command runs. After RAISED_END the thread is to end, and the report
 * says by which exception.
 */
enum raised raised_while_idle(struct worker *worker);

/* Takes what was raised while the command, or what it left behind, runs: ends it, or signals it. */
void raised_while_running(struct worker *worker);

/*
 * Ends the run by E: KeyboardInterrupt interrupts the command's processes, any other exception asks
 * them by the stop signal.
 */
void raised_stop(struct worker *worker, const struct k3thread_exc *e);

#endif
