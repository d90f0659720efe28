/*
 * A thread's target: waits out the delay and the queue, runs the command, again if it is to be
 * restarted, and posts what happens to the mailbox.
 *
 * It runs in a libk3thread thread of its own and is reached by exceptions alone, which it takes
 * (mask K3THREAD_RETURN) wherever it waits: SystemExit and its like ask the command to end, those
 * named for a signal are handed to it, worker_Go is the server's word that a slot is free.
 */
#ifndef K3THREAD_CLI_WORKER_WORKER_H
#define K3THREAD_CLI_WORKER_WORKER_H

#include "k3thread.h"

#include <stdbool.h>

/* Sent by the server alone, to a worker that waits for its slot. */
extern const k3thread_exctype worker_Go;

/*
 * Sent by the server alone when everything is ended: it stands for the record's end_type, but adds
 * nothing to an end that is under way.
 */
extern const k3thread_exctype worker_End;

/* Does an exception of TYPE end a thread whose command does not run? Not every signal does. */
bool worker_ends_early(const k3thread_exctype *type);

/* The k3thread_target; RECORD is a struct record. */
void *worker_run(void *record);

#endif
