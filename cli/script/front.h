/*
 * The front of `k3thread run`: the process that the user starts.
 *
 * It is a client. The threads live in a supervisor of the run's own: a child of the front, which
 * ends all threads when the front has ended. Another child executes the script's commands
 * (script.h). The front prints the output of the threads' commands, handles signals (interrupt.h),
 * waits for children (it may be process 1), and decides when the run is over, and its exit status
 * (front_end.h).
 */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_H
#define K3THREAD_CLI_SCRIPT_FRONT_H

#include "cli/place/place.h"
#include "cli/script/front_options.h"
#include "cli/script/script.h"

/*
 * Runs SCRIPT in a supervisor at PLACE until all its threads have ended. Returns the exit status.
 * *RET_SIGNAL becomes the signal that asked for the end, or 0.
 */
int front_run(const struct front_options *options, const struct place *place,
              const struct script *script, int *ret_signal);

#endif
