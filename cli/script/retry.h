/*
 * `run --retry`: chooses the commands of a script that are run again after an earlier run.
 *
 * A start is run again if its thread failed in the earlier run, if a chosen thread needs its thread, or if its
 * thread is a daemon. All other commands are run too, but not for threads whose starts are left out.
 */
#ifndef K3THREAD_CLI_SCRIPT_RETRY_H
#define K3THREAD_CLI_SCRIPT_RETRY_H

#include "cli/place/place.h"
#include "cli/script/plan.h"
#include "cli/script/script_input.h"

#include <stdbool.h>

/*
 * Fills PLAN with the commands of SCRIPT, which will run at PLACE, that are run again after the run whose --json
 * wrote the file PATH. Reports what the user may miss. Returns STATUS_DONE with *RET_ANY telling if there is
 * anything to run, or a status after reporting what is wrong. The caller releases PLAN in both cases.
 */
int retry_plan(struct plan *plan, const struct script *script, const char *path,
               const struct place *place, bool *ret_any);

#endif
