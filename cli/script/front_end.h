/*
 * The end of a run: ends the script and the threads, and settles the exit status.
 *
 * The first failure of a thread, or the first cause of an end, decides the status. Two events still change it: the end
 * of the run's time, before all threads are asked to end, makes it the status of a timeout; and when everything is
 * over, front.c makes a 0 a failure if processes were left or a file cannot be written.
 */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_END_H
#define K3THREAD_CLI_SCRIPT_FRONT_END_H

#include "cli/script/front_state.h"

/* Makes STATUS the exit status, unless it is settled already. */
void front_settle(struct front *front, int status);

/*
 * Sends a request whose reply and whose failure do not matter: a supervisor that cannot be reached
 * ends by itself.
 */
void front_request(struct front *front, const char *method, json_t *params);

void front_kill_script(struct front *front);

/*
 * Ends the run as a process ends when its main thread has ended: waits for all threads that are not
 * daemons.
 */
void front_end_in_order(struct front *front);

/*
 * Ends the script and everything else by closing the lifeline, because the supervisor cannot be asked or heard. ERROR,
 * a -errno, is the reason. The run would wait for ever for a supervisor that was not asked.
 */
void front_end_of_itself(struct front *front, int error);

/* Ends the script, and ends all threads by SystemExit. */
void front_end_now(struct front *front, int status);

/* Ends the script, and ends all threads by EXCEPTION. */
void front_end_by(struct front *front, const char *exception);

/*
 * Ends the run because its time is over. The exit status becomes that of a timeout, also if it was settled
 * before.
 */
void front_time_out(struct front *front);

/*
 * Stops printing output, because writing failed with ERROR. If no process reads standard output
 * (-EPIPE), the run ends, as a command in a pipeline does. After any other failure the threads go
 * on.
 */
void front_close_output(struct front *front, int error);

#endif
