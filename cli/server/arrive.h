/*
 * Raises exceptions in threads, through the attachment of a thread's process if it has one: what follows when
 * an exception has arrived in the process, and what is done instead when it has not. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_ARRIVE_H
#define K3THREAD_CLI_SERVER_ARRIVE_H

#include "cli/server/attachment.h"
#include "cli/server/record.h"

/* Has the times of threads whose process is attached end by exceptions that arrive. Called once. */
void arrive_begin(void);

/*
 * Raises an exception of TYPE in RECORD, or in the thread INNER, a name or an id, of its attached process. INNER
 * and MESSAGE may be NULL. Calls DONE with the result, which may be at once; RECORD still exists then. In the
 * result, "inner" is 0 if a thread of the supervisor has the exception, and not one inside a process.
 *
 * SystemExit, KeyboardInterrupt and TimeoutError that do not arrive become signals.
 */
void arrive_raise(struct record *record, const char *inner, const k3thread_exctype *type,
                  const char *message,
                  void (*done)(void *context, struct record *record, const struct arrival *arrival),
                  void *context);

/*
 * Does what threads_end() does. MESSAGE must live as long as RECORD. If it turns out later that RECORD could not be asked, calls NOT_ASKED.
 */
int arrive_end(struct record *record, const k3thread_exctype *type, const char *message,
               void (*not_asked)(struct record *record));

/* Does what threads_restart() does. */
int arrive_restart(struct record *record);

#endif
