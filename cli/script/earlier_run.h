/*
 * Reads the results of an earlier run from the file that its --json wrote (result_json.h), for `run --retry`.
 *
 * Here a thread counts as failed if the file says so, and also if it was cut off: the run failed, and its end
 * ended the thread before the thread could end by itself.
 */
#ifndef K3THREAD_CLI_SCRIPT_EARLIER_RUN_H
#define K3THREAD_CLI_SCRIPT_EARLIER_RUN_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The results of one run. Zeroed it is empty. */
struct earlier_run {
    const char *path;     /* of the file; borrowed */
    json_t     *ends;     /* an object: for each name an array, with true for each failed thread */
    json_t     *left_out; /* an object: the names that were left out, as they had succeeded */
    size_t      failed;   /* the number of threads that count as failed */
    json_int_t  status;   /* the exit status of the run */
    bool        complete; /* the run reached the end of its script */
};

/*
 * Reads the file PATH. Returns 0; -EINVAL with a sentence in WHY if it is not a file of --json; or -errno with a
 * sentence in WHY if it cannot be read.
 */
int earlier_run_read(struct earlier_run *ret, const char *path, struct text *why);

/* Returns true if the earlier run, or a run before it, had a thread with this NAME. */
bool earlier_run_knows(const struct earlier_run *earlier, const char *name);

/*
 * Returns true if a thread NAME counts as failed: of the COUNT threads with that name that the script starts, the
 * thread number INDEX, from 0. If the earlier run had another number of threads with that name, all of them count as
 * failed if one does.
 */
bool earlier_run_failed(const struct earlier_run *earlier, const char *name, size_t index,
                        size_t count);

void earlier_run_release(struct earlier_run *earlier);

#endif
