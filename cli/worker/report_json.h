/* Reports as JSON, in which an agent reports on a command to the worker of a run. */
#ifndef K3THREAD_CLI_WORKER_REPORT_JSON_H
#define K3THREAD_CLI_WORKER_REPORT_JSON_H

#include "cli/base/text.h"
#include "cli/process/account.h"
#include "cli/worker/thread_report.h"

#include <jansson.h>

/* Appends REPORT and USAGE as an object. */
void report_write(struct text *text, const struct report *report, const struct usage *usage);

/*
 * Puts the members of the object JSON into *RET, which is zeroed, and *RET_USAGE. Times and the positions of output are
 * not among them, because each machine has its own. Returns false, with *RET half changed, if JSON is no report.
 */
bool report_read(struct report *ret, struct usage *ret_usage, const json_t *json);

#endif
