/*
 * Ends the processes of a thread. No other file asks a process of a thread to end.
 *
 * An end asks each process once, by one signal, and kills what is left after the grace:
 *
 *  - The command's process group is asked at once.
 *  - A process outside of that group is asked when no process of the thread is above it any more: until
 *    then the process that started it may want to end it in its own way. Leftovers are asked by this rule,
 *    too; see cleanup.h.
 *  - After half of the grace all other processes are asked.
 *
 * The worker remembers the processes that it has asked, so that no process is asked twice: a second signal could
 * end a process that is still cleaning up. A process that ignores the signal, as a shell's background jobs
 * ignore SIGINT, does not count as asked. It gets SIGTERM when its turn comes.
 */
#ifndef K3THREAD_CLI_WORKER_ENDING_H
#define K3THREAD_CLI_WORKER_ENDING_H

#include "cli/worker/worker.h"

/* Posts that the thread is stopping, and begins its grace: once in a run. Asks no process. */
void ending_begin(struct worker *worker);

/*
 * Begins an end as ending_begin() does, and begins to ask all processes by SIGNAL, even processes that
 * were asked before. If SPARED is not 0, it is a process that was asked by an exception: it gets no signal,
 * and all others get theirs at once.
 */
void ending_ask(struct worker *worker, int signal, pid_t spared);

/* Kills every process of the thread. */
void ending_kill(struct worker *worker);

/*
 * Does the step of an end whose time has come. The end of the grace is worker->deadline.
 */
void ending_step(struct worker *worker);

/* Returns the time of the next step. */
double ending_next(const struct worker *worker);

/*
 * Ask or kill PID, a leftover, unless it was asked or killed before. The caller makes sure that PID keeps naming the
 * same process.
 */
void ending_ask_process(struct worker *worker, pid_t pid);
void ending_kill_process(struct worker *worker, pid_t pid);

/*
 * Returns true if PID cannot be ended: the supervisor may not kill it, or it outlived its kill for too
 * long. The report then says so, and the worker does not wait for it. The caller makes sure that PID
 * keeps naming the same process.
 */
bool ending_is_impossible(struct worker *worker, pid_t pid);

/* Makes the worker ready for the next run. */
void ending_reset(struct worker *worker);

#endif
