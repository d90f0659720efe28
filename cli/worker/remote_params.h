/*
 * The parameters of the requests that a worker makes of an agent: see method_execute.c, method_end.c and
 * method_resize.c.
 */
#ifndef K3THREAD_CLI_WORKER_REMOTE_PARAMS_H
#define K3THREAD_CLI_WORKER_REMOTE_PARAMS_H

#include "cli/base/text.h"
#include "cli/worker/worker.h"

/*
 * Writes the parameters of "execute" for the run that WORKER is about to begin. HAS_ENVIRONMENT: the last command on
 * this connection had the same environment, so the agent has it.
 */
void remote_write_execute(struct text *params, const struct worker *worker, bool has_environment);

/* Writes the parameters of "end", by which E ends the command or sends it a signal. AUTOMATIC: see worker_take(). */
void remote_write_end(struct text *params, const struct k3thread_exc *e, bool automatic);

/* Writes the parameters of "resize": the size of the terminal. */
void remote_write_resize(struct text *params, const struct worker *worker);

#endif
