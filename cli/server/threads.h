/*
 * The life of threads, as the server sees it: begins threads, and acts on the reports of their workers.
 * threads_raise.h ends and restarts threads; cli/worker runs their commands.
 *
 * A thread first waits for the threads that it needs, then for a slot. Meanwhile it is only a
 * record; after that it has a libk3thread thread with a worker in it. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_THREADS_H
#define K3THREAD_CLI_SERVER_THREADS_H

#include "cli/server/record.h"

#include <stddef.h>

/*
 * Lets NUMBER commands run at a time, not counting daemons; see slots.h. Begins queued threads that now
 * have a slot, and ends no thread.
 */
void threads_set_slots(unsigned number);

/* Prepares for hosts.h: the threads run on other machines from now on, each in a slot of one of them. */
void threads_use_hosts(void);

/* Returns how many threads wait for a slot. */
size_t threads_queued(void);

/*
 * Begins RECORD, which is new in the store: at once, or when the threads that it needs are ready
 * and a slot is free. Returns 0, or -errno if its worker could not be started: RECORD is then
 * forgotten.
 */
int threads_begin(struct record *record);

/*
 * Continues the threads that wait for a slot or for a token to come back. Returns false if memory was lacking to
 * tell a worker that it has its slot: the caller must call again after a pause.
 */
bool threads_advance(void);

/* Handles the report RECORD->now. OLD is the report before it. */
void threads_take_in(struct record *record, const struct report *old);

/* The functions below are for threads_raise.c. */

/* Opens the terminal and the input that RECORD's job asks for. Returns 0 or -errno. */
int threads_open_input(struct record *record);

/* Begins the next run of RECORD, whose last run is over. */
void threads_begin_again(struct record *record);

/* Raises an exception in RECORD, which has no worker yet. */
void threads_raise_unbegun(struct record *record, const k3thread_exctype *type,
                           const char *message);

#endif
