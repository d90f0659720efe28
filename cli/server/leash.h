/*
 * Leashes: watches the processes whose ends end threads (start --leash). The supervisor holds each process by a
 * pidfd, so that it cannot mistake a later process with the same pid for it. A leash snaps when its process has
 * ended.
 *
 * This file knows which threads are on which leash; leash_ends.h ends the threads. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_LEASH_H
#define K3THREAD_CLI_SERVER_LEASH_H

#include "cli/server/record.h"

#include <stdbool.h>
#include <sys/types.h>

struct leash;

/*
 * Puts a leash to the process PID into *RET: a new reference, which leash_put() takes over or leash_release()
 * drops. A process that does not exist counts as ended. Returns 0 or -errno: -EINVAL if PID is the id of a
 * thread and not of a process.
 */
int  leash_open(pid_t pid, struct leash **ret);
void leash_release(struct leash *leash);

/* Puts RECORD on LEASH. */
void leash_put(struct leash *leash, struct record *record);

/* Takes RECORD, which is to be forgotten, off its leash, if it has one. */
void leash_remove(struct record *record);

/* Returns true if the process of RECORD's leash has ended; false without a leash. Asks the kernel. */
bool leash_has_snapped(const struct record *record);

/* Returns the sentence that says that RECORD's leash has snapped. It lives as long as RECORD. */
const char *leash_message(const struct record *record);

/*
 * Calls TELL for each live thread whose leash has snapped, until TELL has returned true for it once. Returns
 * false if TELL returned false.
 */
bool leash_tell(bool (*tell)(struct record *record));

/* Makes leash_tell() call TELL for RECORD again. */
void leash_tell_again(struct record *record);

#endif
