/*
 * What an earlier run says about its threads, in the file of its --json: `run --retry` runs the failed ones
 * again. result_json.h writes that file.
 */
#ifndef K3THREAD_CLI_SCRIPT_EARLIER_RUN_H
#define K3THREAD_CLI_SCRIPT_EARLIER_RUN_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Zeroed it is empty. */
struct earlier_run {
    const char *path; /* of the file; borrowed */
    json_t     *ends; /* an object: for each name an array, true for each thread that has failed */
    json_t     *left_out; /* an object: the names that this run left out as they had succeeded */
    size_t      failed;   /* how many threads have failed */
    json_int_t  status;   /* the exit status of the run */
    bool        complete; /* it came to the end of its script */
};

/*
 * Reads the file PATH. Returns 0; -EINVAL with a sentence in WHY if it is not a file of --json; or -errno with a
 * sentence in WHY if it cannot be read.
 */
int earlier_run_read(struct earlier_run *ret, const char *path, struct text *why);

/* Returns true if the earlier run, or a run before it, had a thread with this NAME. */
bool earlier_run_knows(const struct earlier_run *earlier, const char *name);

/*
 * Returns true if the thread NAME has failed. Of COUNT threads with that name in the script this is number
 * INDEX, from 0; if the earlier run had another number of them, one that failed counts for all.
 */
bool earlier_run_failed(const struct earlier_run *earlier, const char *name, size_t index,
                        size_t count);

void earlier_run_release(struct earlier_run *earlier);

#endif
