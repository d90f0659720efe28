/*
 * The life of threads, as the server sees it: when they begin, what is raised in them, and what follows
 * from the reports of their workers. How a worker runs the command is in cli/worker.
 *
 * A thread waits for the threads that it needs, then for a slot, without costing more than its record;
 * only then is there a libk3thread thread with a worker in it. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_THREADS_H
#define K3THREAD_CLI_SERVER_THREADS_H

#include "cli/server/record.h"

/* Lets SLOTS commands run at a time, apart from daemons; 0: any number. Before the first thread. */
void threads_set_slots(unsigned slots);

/*
 * Begins RECORD, new in the store: at once, or when the threads that it needs are ready and there is a
 * slot. Returns 0, or -errno if its worker could not be started: RECORD is forgotten then.
 */
int threads_begin(struct record *record);

/*
 * Raises an exception in RECORD; MESSAGE may be NULL. Returns what k3thread_send_exception() does,
 * or -EPERM if its command may not be signalled. Nothing was done then, except that SIGKILL ends the
 * processes that it can. A thread that has not begun ends at once.
 */
int threads_raise(struct record *record, const k3thread_exctype *type, const char *message);

/*
 * Asks RECORD to end by TYPE, as a part of a shutdown: an end that is under way goes on as it began.
 * Returns what threads_raise() does.
 */
int threads_end(struct record *record, const k3thread_exctype *type);

/*
 * Goes on with the threads that wait for a slot. Returns false if one of them could not be told that
 * it has its slot, for want of memory: to be called again in a while.
 */
bool threads_advance(void);

/* Takes the reports that the workers have posted since the last call. */
void threads_take_reports(void);

#endif
