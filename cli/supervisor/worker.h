/*
 * A thread's target: waits out the delay, runs the command, ends all that came of it.
 *
 * It runs in a libk3thread thread of its own and is reached by exceptions alone, which it takes
 * (mask K3THREAD_RETURN) wherever it waits: SystemExit and its like ask the command to end, those
 * named for a signal are handed to it. What happens is posted to the mailbox.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_WORKER_H
#define K3THREAD_CLI_SUPERVISOR_WORKER_H

#include <sys/resource.h>

/* Once, before the first worker: what RLIMIT_NOFILE the commands get. */
void worker_set_nofile(const struct rlimit *limit);

/* The k3thread_target; RECORD is a struct record. */
void *worker_run(void *record);

#endif
