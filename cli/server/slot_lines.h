/*
 * The order of the threads that wait for a slot, or for a place on another machine. For slot_queue.c alone. The
 * server's thread only.
 *
 * The threads that need the same, a slot on the same machine or on any, stand in one line: if the first of a line
 * cannot have what it needs, no other thread of the line can. So a look at the queue costs something for each line, and
 * nothing for each thread. Without other machines there is one line. Each thread has a rank in the whole queue; the
 * lines are in the order of the ranks of their first threads.
 */
#ifndef K3THREAD_CLI_SERVER_SLOT_LINES_H
#define K3THREAD_CLI_SERVER_SLOT_LINES_H

#include "cli/server/record.h"

#include <stdbool.h>
#include <stddef.h>

/* Makes lines for COUNT machines, while no thread is queued. Returns 0 or -ENOMEM. */
int slot_lines_use_hosts(size_t count);

/* Puts RECORD at the end of the queue. */
void slot_lines_add(struct record *record);

/* Puts RECORD at the front of the queue. */
void slot_lines_add_first(struct record *record);

/* Takes RECORD out of the queue, in which it is. */
void slot_lines_remove(struct record *record);

/* Returns how many threads are in the queue. */
size_t slot_lines_size(void);

/*
 * Returns the first thread for which TAKE returns true, or NULL; it stays in the queue. TAKE gives the thread what it
 * needs, and returns false if that is not free. Without other machines the first thread of all is the only one
 * that is tried.
 */
struct record *slot_lines_find(bool (*take)(struct record *record));

#endif
