/*
 * The ends of a run: how the front ends the script and the threads, and the exit status that stands for
 * that. The first cause of an end is the one that counts.
 */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_END_H
#define K3THREAD_CLI_SCRIPT_FRONT_END_H

#include "cli/script/front_state.h"

/* Makes STATUS the exit status, unless that is known. */
void front_settle(struct front *front, int status);

/*
 * Sends a request whose answer does not matter. If it fails that does not matter either: a supervisor
 * that cannot be reached ends by itself.
 */
void front_request(struct front *front, const char *method, json_t *params);

void front_kill_script(struct front *front);

/* Ends as a process does when its main thread has ended: waits for all threads but the daemons. */
void front_end_in_order(struct front *front);

/* Ends the script, and all threads by SystemExit. */
void front_end_now(struct front *front, int status);

/* Ends the script, and all threads by EXCEPTION. */
void front_end_by(struct front *front, const char *exception);

/* Ends all because the time of the run is over. That is its status, whatever came before. */
void front_time_out(struct front *front);

/*
 * Prints no more output, since writing failed with ERROR. Without a reader (-EPIPE) all ends, as a command in
 * a pipeline would; after any other failure the threads go on.
 */
void front_close_output(struct front *front, int error);

#endif
