/*
 * The life of threads, as the server sees it: when they begin, what is raised in them, and what
 * follows from the reports of their workers. How a worker runs the command is in cli/worker.
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

/* Returns how many threads wait for a slot. */
size_t threads_queued(void);

/*
 * Begins RECORD, which is new in the store: at once, or when the threads that it needs are ready
 * and a slot is free. Returns 0, or -errno if its worker could not be started: RECORD is then
 * forgotten.
 */
int threads_begin(struct record *record);

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

/* Sets the function to call when the time of a thread is over and its process is attached; see worker.h. */
void threads_handle_overdue(void (*handle)(struct record *record));

/* Sets the function to call with each report of a thread that calls a function of a library. */
void threads_handle_loaded(void (*handle)(struct record *record));

/*
 * Ends the command of RECORD as SystemExit does and runs it again, in the same thread; a thread that has
 * ended begins again. RECORD->rerun says how far that is. A thread whose command has not begun begins now, or
 * when its turn in the line comes. Returns what threads_raise() does for a live thread. No live thread
 * but RECORD may have its name. SPARED is the process in which SystemExit has arrived already, or 0.
 */
int threads_restart(struct record *record, pid_t spared);

/* Notes that a restart of RECORD is under way, before threads_restart() is called; or that it failed. */
void threads_will_restart(struct record *record);
void threads_fail_restart(struct record *record);

/*
 * Asks RECORD to end by TYPE, because the supervisor wants that and not a user. A thread that is ending
 * already goes on as it began. MESSAGE may be NULL. Returns what threads_raise() returns. SPARED is the process
 * in which TYPE has arrived already, or 0.
 */
int threads_end(struct record *record, const k3thread_exctype *type, const char *message,
                pid_t spared);

/*
 * Continues the threads that wait for a slot or for a token to come back. Returns false if memory was lacking to
 * tell a worker that it has its slot: the caller must call again after a pause.
 */
bool threads_advance(void);

/* Takes the reports that the workers have posted since the last call. */
void threads_take_reports(void);

#endif
