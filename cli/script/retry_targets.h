/* The commands of a plan that are run again for some of their threads, or not at all: for `run --retry`. */
#ifndef K3THREAD_CLI_SCRIPT_RETRY_TARGETS_H
#define K3THREAD_CLI_SCRIPT_RETRY_TARGETS_H

#include "cli/script/plan.h"
#include "cli/script/retry_starts.h"

/*
 * Leaves the starts out of PLAN that do not run, and what other commands do to their threads: a word for such a
 * thread, and a command that has no other thread. NAME is the script's, for messages. Returns STATUS_DONE, or a
 * status after reporting what is wrong.
 */
int retry_leave_out(struct plan *plan, const struct retry_starts *starts, const char *name);

#endif
