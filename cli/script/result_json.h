/* The results of a run as one JSON object, for `run --json`. k3thread(1) describes its members. */
#ifndef K3THREAD_CLI_SCRIPT_RESULT_JSON_H
#define K3THREAD_CLI_SCRIPT_RESULT_JSON_H

#include "cli/base/text.h"
#include "cli/script/run_result.h"

/* Adds the object. Without memory, TEXT has failed afterwards. */
void result_add_json(struct text *text, const struct run_result *result);

#endif
