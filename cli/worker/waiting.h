/*
 * The wait of a worker while its command runs, on this machine (execution.c) or on another one (remote_run.c). Both
 * wait for exceptions, for the probe and for the growth of the log. The caller adds its own descriptors, and decides
 * what an exception does.
 *
 * A worker that waits for a while releases its stack, because there may be ten thousand workers.
 */
#ifndef K3THREAD_CLI_WORKER_WAITING_H
#define K3THREAD_CLI_WORKER_WAITING_H

#include "cli/worker/worker.h"

#include <poll.h>

/* The places of the descriptors that every wait polls. The caller's own descriptors begin at WAITING_OWN. */
enum { WAITING_PROBE, WAITING_LOG, WAITING_OWN };

#define WAITING_NOTHING ((struct pollfd){.fd = -1})

/*
 * Waits until one of the COUNT POLLS has an event, the probe or the log is to be looked at, the time to become ready
 * is over, or NEXT, a time of the caller's, has come. May also return earlier. The caller fills POLLS from WAITING_OWN
 * on. Returns false if an exception is pending; POLLS then has no events.
 */
bool waiting_poll(struct worker *worker, struct pollfd *polls, size_t count, double next);

/* Looks at the log and the probe, if that is due, and posts what the probe shows. */
void waiting_look(struct worker *worker, const struct pollfd *polls);

/* Notes in the report that the thread is ready. Does not post it. */
void waiting_become_ready(struct worker *worker);

/*
 * Notes that the time to become ready is over, and puts the exception that ends the run into *RET. Returns false if
 * the run is ending anyway. Call it when worker->ready_deadline has come.
 */
bool waiting_take_overdue(struct worker *worker, struct k3thread_exc *ret);

#endif
