/* The files that a run writes its results into, when it is over: --json and --junit. */
#ifndef K3THREAD_CLI_SCRIPT_RESULT_FILES_H
#define K3THREAD_CLI_SCRIPT_RESULT_FILES_H

#include "cli/base/text.h"
#include "cli/script/run_result.h"

#include <stdbool.h>

/* Stands for one file. */
struct result_file {
    const char *path; /* NULL: not wanted */
    int         fd;   /* -1: not open */
};

struct result_files {
    struct result_file json, junit;
};

/* Returns true if any result is wanted. */
bool result_files_are_wanted(const struct result_files *files);

/*
 * Makes the files that are wanted, and empties them: a run that is killed leaves no result of an earlier run.
 * Returns 0, or -errno with a sentence in WHY; the files are to be closed in either case.
 */
int result_files_open(struct result_files *files, struct text *why);

/* Writes RESULT into each file. Returns 0, or the last -errno with a sentence for each failure in WHY. */
int result_files_write(const struct result_files *files, const struct run_result *result,
                       struct text *why);

void result_files_close(struct result_files *files);

#endif
