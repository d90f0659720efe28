/* Removes from a plan, for `run --retry`, the commands and the words that are not run again. */
#ifndef K3THREAD_CLI_SCRIPT_RETRY_TARGETS_H
#define K3THREAD_CLI_SCRIPT_RETRY_TARGETS_H

#include "cli/script/plan.h"
#include "cli/script/retry_starts.h"

/*
 * Removes the starts that are not run from PLAN. From the other commands, removes the words for the threads of
 * these starts, and removes a command whose threads are all left out. NAME is the script's name, for messages. Returns
 * STATUS_DONE, or a status after reporting the failure.
 */
int retry_leave_out(struct plan *plan, const struct retry_starts *starts, const char *name);

#endif
