/*
 * Finds out which leftovers to report when a command has ended by itself, and describes them in the report.
 *
 * Some processes of a command end a moment after it: the members of a pipeline, a helper whose pipe was
 * closed. These processes must not be reported. So leftovers first get a moment to end by themselves, and more time
 * while a leftover is at work. The leftovers that live after that are described; cleanup.h then ends them.
 */
#ifndef K3THREAD_CLI_WORKER_LEFTOVER_REPORT_H
#define K3THREAD_CLI_WORKER_LEFTOVER_REPORT_H

#include "cli/worker/worker.h"

/*
 * Waits until the leftovers of the command have ended, or describes them in the report. Call it when the
 * command has ended, and is not reaped. If an exception that ends the run comes meanwhile, stops waiting and
 * reports nothing. Returns false if there are no leftovers any more.
 */
bool leftovers_report(struct worker *worker);

#endif
