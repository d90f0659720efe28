/* The result of a run that is over: the content of the files of --json, --junit, --trace and --report. */
#ifndef K3THREAD_CLI_SCRIPT_RUN_RESULT_H
#define K3THREAD_CLI_SCRIPT_RUN_RESULT_H

#include "cli/script/course.h"
#include "cli/script/run_threads.h"

#include <stdbool.h>

/* The result of one run. */
struct run_result {
    const char               *name;      /* of the script, or of the command of --each */
    char *const              *arguments; /* its arguments, up to a NULL; NULL: none */
    bool                      is_each;   /* the words of --each were run, and no script */
    const struct run_threads *threads;
    const struct course      *course;   /* the course of the threads */
    json_t                   *left_out; /* the names of threads that --retry left out, or NULL */
    const char               *logs;     /* the logs' directory if it is removed; NULL: it stays */
    double                    began, seconds; /* the beginning, since the epoch; the duration */
    bool                      complete;       /* all commands of the script were executed */
    int                       status;         /* the exit status */
    int                       signal;         /* the signal that asked for the end; 0: none */
};

#endif
