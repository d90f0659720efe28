/*
 * Finds out what a command left behind when it ended by itself, and describes it in the report.
 *
 * Some processes of a command end a moment after it: the members of a pipeline, a helper whose pipe was
 * closed. They are not left behind. So leftovers first get a moment to end by themselves, and as long as
 * one of them is at work they get more of it. Then those that still live are described, and ended by
 * cleanup.h.
 */
#ifndef K3THREAD_CLI_WORKER_LEFT_H
#define K3THREAD_CLI_WORKER_LEFT_H

#include "cli/worker/worker.h"

/*
 * Waits until the leftovers of the command have ended, or takes them into the report. Call it when the
 * command has ended, and is not reaped. If an exception comes meanwhile, it ends the leftovers, and nothing
 * is reported. Returns false if there are no leftovers any more.
 */
bool left_look(struct worker *worker);

#endif
