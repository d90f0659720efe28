/* The files into which a run writes its results when it is over: --json, --junit and --trace. */
#ifndef K3THREAD_CLI_SCRIPT_RESULT_FILES_H
#define K3THREAD_CLI_SCRIPT_RESULT_FILES_H

#include "cli/base/text.h"
#include "cli/script/run_result.h"

#include <stdbool.h>

/* One file. */
struct result_file {
    const char *path; /* NULL: not wanted */
    int         fd;   /* -1: not open */
};

struct result_files {
    struct result_file json, junit, trace;
};

/* Returns true if a result file is wanted. */
bool result_files_are_wanted(const struct result_files *files);

/*
 * Makes the wanted files, and empties them, so that a run that is killed leaves no result of an
 * earlier run. Returns 0, or -errno with a sentence in WHY. The caller closes the files in both
 * cases.
 */
int result_files_open(struct result_files *files, struct text *why);

/*
 * Writes RESULT into each file. Returns 0, or the last -errno, with a sentence in WHY for each
 * failure.
 */
int result_files_write(const struct result_files *files, const struct run_result *result,
                       struct text *why);

void result_files_close(struct result_files *files);

#endif
