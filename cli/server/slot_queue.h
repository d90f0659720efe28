/*
 * The threads that wait for a slot, in order, and the slots that threads hold. With other machines (hosts.h), each slot
 * belongs to a machine, and daemons need a place on a machine too. threads.c begins the threads. The server's thread
 * only.
 */
#ifndef K3THREAD_CLI_SERVER_SLOT_QUEUE_H
#define K3THREAD_CLI_SERVER_SLOT_QUEUE_H

#include "cli/server/record.h"

#include <stdbool.h>
#include <stddef.h>

/* Returns true if RECORD needs a slot, or a place on another machine. */
bool slot_queue_concerns(const struct record *record);

/* Gives RECORD a slot. Returns false if none is free. */
bool slot_queue_take(struct record *record);

/* Gives back RECORD's slot, if it holds one. */
void slot_queue_give_back(struct record *record);

/* Put RECORD at the end of the queue, and at its beginning. */
void slot_queue_add(struct record *record);
void slot_queue_add_first(struct record *record);

/* Takes RECORD out of the queue. */
void slot_queue_remove(struct record *record);

/*
 * Gives a slot to the first thread in the queue that can have one, and returns the thread, which stays in the queue; or
 * NULL. On this machine only the first thread of the queue gets a slot. On other machines, a thread that waits for one
 * machine does not hold up the threads behind it.
 */
struct record *slot_queue_take_next(void);

/* Returns how many threads are in the queue. */
size_t slot_queue_count(void);

#endif
