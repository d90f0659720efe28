/*
 * The results of a run as JUnit's XML, for `run --junit`: one test suite, in which each thread is a test case.
 * GitLab and Jenkins read it.
 */
#ifndef K3THREAD_CLI_SCRIPT_RESULT_JUNIT_H
#define K3THREAD_CLI_SCRIPT_RESULT_JUNIT_H

#include "cli/base/text.h"
#include "cli/script/run_result.h"

/* Adds the document; reads the last lines of the logs of threads that have failed. */
void result_add_junit(struct text *text, const struct run_result *result);

#endif
