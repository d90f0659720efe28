/*
 * The life of threads as the server has it: begun when their turn has come, raised into, ended.
 *
 * A thread waits for those that it needs, then for a slot, without costing more than its record;
 * only then is there a libk3thread thread with a worker in it. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_THREADS_H
#define K3THREAD_CLI_SERVER_THREADS_H

#include "cli/server/record.h"

/* At most SLOTS commands run at a time, daemons apart; 0: any number. Before the first thread. */
void threads_set_slots(unsigned slots);

/*
 * Begins RECORD, new in the store: at once, or when what it needs is there. Returns 0, or -errno
 * if its thread could not be started: it is forgotten then.
 */
int threads_begin(struct record *record);

/*
 * Raises an exception in RECORD; MESSAGE may be NULL. Returns what k3thread_send_exception() does,
 * or -EPERM if its command may not be signalled: then nothing was done, but for SIGKILL, which ends
 * what it can. A thread that has not begun ends at once.
 */
int threads_raise(struct record *record, const k3thread_exctype *type, const char *message);

/*
 * Asks for the end of RECORD by TYPE, as a part of the end of all: an end that is under way goes on
 * as it began. Returns what threads_raise() does.
 */
int threads_end(struct record *record, const k3thread_exctype *type);

/*
 * Goes on with those that wait for a slot. Returns false if there is one that could not be told
 * so, for want of memory: to be called again in a while.
 */
bool threads_advance(void);

/* Takes in what the workers reported since the last call. */
void threads_take_reports(void);

#endif
