/*
 * How a long run uses bounded memory: the front lets go of threads that have succeeded, and the script starts no
 * more while too many threads wait.
 *
 * Both need that no later command of the script can mean an earlier thread: pace.h finds out when that is so, and
 * asks to be let on. From then on the front makes the supervisor forget threads that have succeeded, once their
 * output is printed. It keeps the newest ones, which somebody may list, and all that its summary has to show.
 */
#ifndef K3THREAD_CLI_SCRIPT_THINNING_H
#define K3THREAD_CLI_SCRIPT_THINNING_H

#include "cli/script/front_state.h"
#include "cli/script/script.h"

/* Notes that the script asks to be let on, and has REST more starts. */
void thinning_ask(struct front *front, size_t rest);

/* Asks the supervisor how many threads wait, and has it forget those that are not needed any more. */
void thinning_step(struct front *front);

/* Returns when thinning_step() must be called next, on the monotonic clock, if nothing else happens. */
double thinning_next(const struct front *front);

/* Takes a reply: lets the script on, and lets go of the threads that the supervisor has forgotten. */
void thinning_take(struct front *front, const struct reply *reply);

#endif
