/*
 * The page of a run, for `run --report`: one HTML file that needs nothing else. result_report.c makes the page and its
 * summary, and the files report_*.c its sections.
 */
#ifndef K3THREAD_CLI_SCRIPT_RESULT_REPORT_H
#define K3THREAD_CLI_SCRIPT_RESULT_REPORT_H

#include "cli/base/text.h"
#include "cli/script/run_result.h"

/* Adds the page; reads the last lines of the logs of threads that have failed. */
void result_add_report(struct text *text, const struct run_result *result);

#endif
