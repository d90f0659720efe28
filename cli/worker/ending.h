/*
 * How the processes of a thread are ended. Nothing else asks a process of a thread to end.
 *
 * An end asks each process once, by one signal, and kills what is left after the grace:
 *
 *  - The command's process group is asked at once.
 *  - A process outside of that group is asked when no process of the thread is above it any more: until
 *    then the process that started it may want to end it in its own way. What the command left behind
 *    is asked by this rule, too; see cleanup.h.
 *  - After half of the grace all other processes are asked.
 *
 * The processes that were asked are remembered: whichever of them ends first, the others are left to
 * clean up. A process that ignores the signal, as a shell's background jobs ignore SIGINT, was not
 * asked by it; SIGTERM asks it when its turn comes.
 */
#ifndef K3THREAD_CLI_WORKER_ENDING_H
#define K3THREAD_CLI_WORKER_ENDING_H

#include "cli/worker/worker.h"

/* Posts that the thread is stopping, and begins its grace: once in a run. Asks no process. */
void ending_begin(struct worker *worker);

/* Does the same, and asks all processes by SIGNAL, also those that were asked before. */
void ending_ask(struct worker *worker, int signal);

/* Kills every process of the thread. */
void ending_kill(struct worker *worker);

/*
 * Does what is due by time in an end, worker->deadline being the end of the grace. ending_next() says
 * when to call it again.
 */
void   ending_step(struct worker *worker);
double ending_next(const struct worker *worker);

/*
 * Ask or kill PID, unless that was done. The caller makes sure that PID stays that process's number. For
 * the processes that a command left behind.
 */
void ending_ask_process(struct worker *worker, pid_t pid);
void ending_kill_process(struct worker *worker, pid_t pid);

/*
 * Returns true if PID was killed in vain: the supervisor may not kill it, or it stayed. The report says so
 * then, and the worker does not wait for it. The caller makes sure that PID stays that process's number.
 */
bool ending_is_in_vain(struct worker *worker, pid_t pid);

/* Makes the worker ready for the next run. */
void ending_reset(struct worker *worker);

#endif
