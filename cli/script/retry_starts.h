/* Chooses the starts of a plan that `run --retry` runs again. */
#ifndef K3THREAD_CLI_SCRIPT_RETRY_STARTS_H
#define K3THREAD_CLI_SCRIPT_RETRY_STARTS_H

#include "cli/script/earlier_run.h"
#include "cli/script/plan.h"
#include "cli/script/start_outline.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One start. */
struct retry_start {
    struct start_outline outline;
    char  *name;      /* of its thread; without --name, as in the earlier run: "Thread-7" */
    size_t command;   /* its index in the plan */
    size_t namesakes; /* how many starts before it have its name */
    bool   runs;      /* it is run again */
};

/* All starts of a plan, in order. Zeroed: none. */
struct retry_starts {
    struct retry_start *list;
    size_t              count;
    json_t             *names; /* an object: for each name the number of its starts */
};

/*
 * Reads the starts of PLAN. NAME is the script's name, for messages. Returns STATUS_DONE, or a status after
 * reporting the failure. The caller releases STARTS in both cases.
 */
int retry_starts_read(struct retry_starts *starts, const struct plan *plan, const char *name);

/*
 * Marks the starts that are run again after EARLIER: the starts of threads that failed, and, if EARLIER did not
 * reach the end of its script, the starts that it did not reach. If there are any, marks the starts of daemons
 * too, and of all threads that the marked starts need. Returns true if a start is marked.
 */
bool retry_starts_choose(struct retry_starts *starts, const struct earlier_run *earlier);

/* Returns true if a thread NAME is started. */
bool retry_starts_have(const struct retry_starts *starts, const char *name);

void retry_starts_release(struct retry_starts *starts);

#endif
