/* How a thread of a run ended, in words for the reports of the run. */
#ifndef K3THREAD_CLI_SCRIPT_OUTCOME_H
#define K3THREAD_CLI_SCRIPT_OUTCOME_H

#include "cli/base/text.h"
#include "cli/script/run_threads.h"

/* Returns true if THREAD has not failed, but its command did not run, or not to its end. */
bool outcome_is_skipped(const struct run_threads *threads, const json_t *thread);

/* Adds the result of THREAD: as thread_add_result(), or that the supervisor ended before the thread did. */
void outcome_add_result(struct text *text, const json_t *thread);

/* Adds the result, the message, why the command was not run, and what it left behind. */
void outcome_add(struct text *text, const json_t *thread);

#endif
