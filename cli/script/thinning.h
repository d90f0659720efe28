/*
 * Bounds the memory of a long run: the front lets go of threads that have succeeded (run_threads.h), and the
 * script starts no more threads while too many wait.
 *
 * Both are possible only if no later command of the script can mean an earlier thread: pace.h finds out when that is
 * so. From then on the script asks before some of its starts whether it may go on, and the front makes the supervisor
 * forget threads that have succeeded, once their output is printed. The front keeps the newest of these threads, which
 * a user may list, and all threads that its summary has to show.
 */
#ifndef K3THREAD_CLI_SCRIPT_THINNING_H
#define K3THREAD_CLI_SCRIPT_THINNING_H

#include "cli/script/front_state.h"
#include "cli/script/script.h"

/* Notes that the script asks whether it may go on, and has REST more starts; 0: their number is not known. */
void thinning_ask(struct front *front, size_t rest);

/* Asks the supervisor how many threads wait, and makes it forget threads that are not needed any more. */
void thinning_step(struct front *front);

/* Returns the time, on the monotonic clock, at which thinning_step() must be called next if nothing else happens. */
double thinning_next(const struct front *front);

/* Takes a reply: tells the script that it may go on, or lets go of the threads that the supervisor has forgotten. */
void thinning_take(struct front *front, const struct reply *reply);

#endif
