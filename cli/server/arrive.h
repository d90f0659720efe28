/*
 * Raises exceptions in threads. If a process of the thread is attached, sends the exception to the process, and
 * decides what follows when the exception has arrived there, and what happens instead when it has not. The
 * server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_ARRIVE_H
#define K3THREAD_CLI_SERVER_ARRIVE_H

#include "cli/server/attachment.h"
#include "cli/server/record.h"

/* Sets the functions that reports.h calls for time limits and for loaded libraries. Call it once. */
void arrive_begin(void);

/*
 * Returns true if an exception of TYPE begins the grace of a thread when it arrives in the main thread of its process.
 */
bool arrive_begins_grace(const k3thread_exctype *type);

/*
 * Raises an exception of TYPE in RECORD, or in the thread INNER, a name or an id, of its attached process. INNER
 * and MESSAGE may be NULL. Calls DONE with the result, maybe before it returns; RECORD still exists then. In the
 * result, "inner" is 0 if RECORD's worker has the exception, and not a thread inside a process.
 *
 * SystemExit, KeyboardInterrupt and TimeoutError that do not arrive become signals.
 */
void arrive_raise(struct record *record, const char *inner, const k3thread_exctype *type,
                  const char *message,
                  void (*done)(void *context, struct record *record, const struct arrival *arrival),
                  void *context);

/*
 * Does what threads_end() does, but first sends the exception to the attached process, if there is one. MESSAGE
 * must live as long as RECORD. Calls NOT_ASKED if the end fails later, after this function has returned 0.
 */
int arrive_end(struct record *record, const k3thread_exctype *type, const char *message,
               void (*not_asked)(struct record *record));

/* Restarts like threads_restart(), but first sends SystemExit to the attached process, if there is one. */
int arrive_restart(struct record *record);

#endif
