/* The course of a run in Chrome's trace format, for `run --trace`. k3thread(1) describes it. */
#ifndef K3THREAD_CLI_SCRIPT_RESULT_TRACE_H
#define K3THREAD_CLI_SCRIPT_RESULT_TRACE_H

#include "cli/base/text.h"
#include "cli/script/run_result.h"

/* Adds the JSON object. Without memory, TEXT has failed afterwards. */
void result_add_trace(struct text *text, const struct run_result *result);

#endif
