/* Describes the end of a thread, in words for the reports of a run. */
#ifndef K3THREAD_CLI_SCRIPT_OUTCOME_H
#define K3THREAD_CLI_SCRIPT_OUTCOME_H

#include "cli/base/text.h"
#include "cli/script/run_threads.h"

/* Returns true if THREAD has not failed, but its command did not run, or not to its end. */
bool outcome_is_skipped(const struct run_threads *threads, const json_t *thread);

/* Counts these threads. */
size_t outcome_count_skipped(const struct run_threads *threads);

/* Adds the result of THREAD, as thread_add_result() does, or "lost" if the supervisor ended before the thread. */
void outcome_add_result(struct text *text, const json_t *thread);

/* Adds the result of THREAD, the message, the reason why the command was not run, and the leftovers. */
void outcome_add(struct text *text, const json_t *thread);

#endif
