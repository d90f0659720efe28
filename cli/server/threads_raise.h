/*
 * Raises exceptions in threads, ends threads for the supervisor, and restarts them. Each of these goes to
 * the thread's worker, if there is one. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_THREADS_RAISE_H
#define K3THREAD_CLI_SERVER_THREADS_RAISE_H

#include "cli/server/record.h"

/*
 * Raises an exception in RECORD. MESSAGE may be NULL. Returns the result of
 * k3thread_send_exception(), or -EPERM if we may not signal the command. With -EPERM nothing was
 * done, except that SIGKILL ends the processes that we may signal. A thread that has not begun ends
 * at once.
 */
int threads_raise(struct record *record, const k3thread_exctype *type, const char *message);

/*
 * Handles an exception that has arrived in the process PID of RECORD, and that ends the thread: begins the grace,
 * and asks the other processes to end. Returns as threads_raise() does.
 */
int threads_arrived(struct record *record, const k3thread_exctype *type, const char *message,
                    pid_t pid);

/* Notes that an exception of TYPE has ended the command of RECORD, as its process says. */
void threads_told(struct record *record, const k3thread_exctype *type, const char *message);

/*
 * Ends the command of RECORD as SystemExit does and runs it again, in the same thread; a thread that has
 * ended begins again. RECORD->rerun shows the progress. A thread whose command has not begun begins now, or
 * when its turn in the queue comes. For a live thread returns as threads_raise() does. No live thread but
 * RECORD may have its name. SPARED is the process in which SystemExit has arrived already, or 0.
 */
int threads_restart(struct record *record, pid_t spared);

/* Notes that a restart of RECORD is under way, before threads_restart() is called; or that it failed. */
void threads_will_restart(struct record *record);
void threads_fail_restart(struct record *record);

/*
 * Asks RECORD to end by TYPE, because the supervisor wants that and not a user. A thread that is ending
 * already goes on as it began. MESSAGE may be NULL. Returns as threads_raise() does. SPARED is the process
 * in which TYPE has arrived already, or 0.
 */
int threads_end(struct record *record, const k3thread_exctype *type, const char *message,
                pid_t spared);

#endif
