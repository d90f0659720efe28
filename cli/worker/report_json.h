/* Reports as JSON: so an agent tells the worker of a run how a command on its machine stands. */
#ifndef K3THREAD_CLI_WORKER_REPORT_JSON_H
#define K3THREAD_CLI_WORKER_REPORT_JSON_H

#include "cli/base/text.h"
#include "cli/process/account.h"
#include "cli/worker/thread_report.h"

#include <jansson.h>

/* Appends REPORT and USAGE as an object. */
void report_write(struct text *text, const struct report *report, const struct usage *usage);

/*
 * Takes the object JSON into *RET, whose strings it replaces, and *RET_USAGE. Times, the output's positions and
 * what only the other machine needs are left as they are. Returns false, with *RET half changed, if it is no
 * report.
 */
bool report_read(struct report *ret, struct usage *ret_usage, const json_t *json);

#endif
