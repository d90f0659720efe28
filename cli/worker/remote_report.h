/*
 * Takes the reports of an agent on one run of a command into the report of the worker here. The agent knows of this
 * run alone, and the worker's report is on all runs of its thread.
 */
#ifndef K3THREAD_CLI_WORKER_REMOTE_REPORT_H
#define K3THREAD_CLI_WORKER_REMOTE_REPORT_H

#include "cli/worker/output_begin.h"
#include "cli/worker/worker.h"

#include <jansson.h>

/* The state of one run, as the agent reports it. */
struct remote_report {
    struct worker      *worker;
    struct report       before;      /* the worker's report before the run */
    struct usage        used_before; /* the usage of the runs before */
    struct output_begin begin;
    bool                has_begun; /* the agent has said that the command runs */
};

/* Prepares STATE for a run that WORKER is about to begin, and marks where its output begins. */
void remote_report_open(struct remote_report *state, struct worker *worker);

/*
 * Takes over JSON, a report of the agent, and posts the worker's. The report at the end of the run, IS_LAST, is not
 * posted. Returns false if JSON is no report.
 */
bool remote_report_take(struct remote_report *state, const json_t *json, bool is_last);

/* Takes back the mark if the run has not begun. */
void remote_report_close(struct remote_report *state);

#endif
