/*
 * `run --retry`: chooses the commands of a script that are run again after an earlier run.
 *
 * retry_starts.h chooses the starts: of threads that failed, or that the earlier run did not reach, of the
 * threads that these need, and of daemons. retry_targets.h chooses among the other commands: a command is run
 * again, but not for threads whose starts are left out.
 */
#ifndef K3THREAD_CLI_SCRIPT_RETRY_H
#define K3THREAD_CLI_SCRIPT_RETRY_H

#include "cli/place/place.h"
#include "cli/script/earlier_run.h"
#include "cli/script/plan.h"
#include "cli/script/script_input.h"

#include <stdbool.h>

/*
 * Reads the file PATH, which run --json wrote; waits if it is a pipe. Returns STATUS_DONE, or another status after
 * reporting the failure.
 */
int retry_read(struct earlier_run *ret, const char *path);

/*
 * Fills PLAN with the commands of SCRIPT that are run again, at PLACE, after EARLIER. Reports the threads that are
 * not run although the user may expect it. Returns STATUS_DONE, and sets *RET_ANY if there is anything to run; or
 * reports the failure, and returns another status. The caller releases PLAN in both cases.
 */
int retry_plan(struct plan *plan, const struct script *script, const struct earlier_run *earlier,
               const struct place *place, bool *ret_any);

#endif
