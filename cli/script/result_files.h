/* Writes the files with the results of a run when it is over: --json, --junit, --trace and --report. */
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

enum result_kind { RESULT_JSON, RESULT_JUNIT, RESULT_TRACE, RESULT_REPORT, RESULT_COUNT };

struct result_files {
    struct result_file list[RESULT_COUNT]; /* by their kinds */
};

/* Returns true if a result file is wanted. */
bool result_files_are_wanted(const struct result_files *files);

/* Returns true if a file shows the course of the run. */
bool result_files_want_course(const struct result_files *files);

/* Returns true if two files are the same. *RET_ONE and *RET_OTHER become the names of their options. */
bool result_files_collide(const struct result_files *files, const char **ret_one,
                          const char **ret_other);

/* Makes FILES such that no file is wanted. */
void result_files_init(struct result_files *files);

/*
 * Opens those wanted files that are pipes, each of which waits for its reader: the user may interrupt that, so it comes
 * before anything is made that would be left behind. Returns as result_files_open() does.
 */
int result_files_open_pipes(struct result_files *files, struct text *why);

/*
 * Makes the wanted files that are not open, and empties them, so that a run that is killed leaves no result of an
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
