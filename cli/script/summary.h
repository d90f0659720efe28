/*
 * Prints the summary at the end of `run`: a table of the results and the times of its threads. Of more
 * than twenty threads only the failures are listed.
 */
#ifndef K3THREAD_CLI_SCRIPT_SUMMARY_H
#define K3THREAD_CLI_SCRIPT_SUMMARY_H

#include "cli/script/run_threads.h"

/* Prints the summary on standard error; prints nothing if there was no thread. */
void summary_print(const struct run_threads *threads, double seconds);

#endif
