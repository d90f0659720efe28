/* What is known of a run when it is over: the contents of the files of --json and --junit. */
#ifndef K3THREAD_CLI_SCRIPT_RUN_RESULT_H
#define K3THREAD_CLI_SCRIPT_RUN_RESULT_H

#include "cli/script/run_threads.h"

#include <stdbool.h>

struct run_result {
    const char               *name;      /* the script's, or the command's of --each */
    char *const              *arguments; /* of that, up to a NULL; NULL: none */
    const struct run_threads *threads;
    const char *logs;           /* the directory of the logs, which is removed; NULL: it stays */
    double      began, seconds; /* since the epoch; how long the run took */
    int         status;         /* the exit status */
    int         signal;         /* that asked for the end; 0: none */
};

#endif
