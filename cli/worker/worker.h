/*
 * A worker: the pthread in the supervisor that runs one thread's command. This file has the data that
 * all parts of a worker share, and the functions by which a worker takes exceptions.
 *
 * A worker runs in a libk3thread thread of its own (see thread_life.h). The server reaches it only by
 * exceptions, which the worker takes (mask K3THREAD_RETURN) wherever it waits. Only the worker itself
 * calls these functions, except worker_ends_early().
 */
#ifndef K3THREAD_CLI_WORKER_WORKER_H
#define K3THREAD_CLI_WORKER_WORKER_H

#include "cli/ready/ready.h"
#include "cli/worker/assignment.h"
#include "k3thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Ten thousand workers may wait at a time, each on one page of stack, of which a quarter is left for
 * the worker's functions. A function that a worker calls only before or after the wait must not be
 * inlined: then its frame takes no stack during the wait.
 */
#define NOT_INLINED __attribute__((noinline))

/* The progress of the end of a run; see ending.h. */
struct ending {
    void         *signalled; /* the processes that were asked, or killed: a tree of tsearch() */
    float         pause; /* between two kills, in seconds: some processes outlive a kill for long */
    unsigned char signal;  /* the signal that asks them; 0: no process was asked yet */
    bool          killing; /* no process is asked any more */
    double        half;    /* when all others are asked; INFINITY: not planned, or done */
    double        next;    /* the time of the next kill */
    double        give_up; /* the time to give up killed processes that are still there */
};

/* One worker and the run that it is in. */
struct worker {
    struct assignment *assignment;
    struct job        *job;          /* of the assignment */
    struct report     *report;       /* the report to post next */
    off_t              marks_before; /* the size of the file before the run's mark; -1: no mark */
    double             deadline;     /* on the monotonic clock; INFINITY: none */
    pid_t              pid; /* the command's; not reaped until its leftovers are gone; 0: none */
    int                pidfd;
    struct loading    *loading; /* of the library, by k3thread-host; NULL: done, or none */
    struct ending      end;
    bool     ending;   /* no run follows: an exception has come, or a process cannot be ended */
    bool     rested;   /* it has waited for a while, and released its stack (waiting.c) */
    unsigned restarts; /* so far, failed ones included */
    int      slot;     /* the number of the run's slot, or SLOT_NUMBER_NONE */
    struct job_tokens *tokens;       /* the run's part of a jobserver, or NULL */
    char             **environment;  /* the command's, while it may be needed; else NULL */
    struct ready      *ready;        /* the probe; NULL: none, or no longer needed */
    bool               told_overdue; /* the server was asked to raise a TimeoutError in this run */
    double             ready_deadline; /* of the probe, while there is one */
    bool               lost;           /* the other machine was lost, and with it the last run */
    bool               resized;        /* the size of the terminal on another machine has changed */
    struct log_limit  *log_limit;      /* NULL: the log may grow */
};

/* Tells a worker that its slot is free. Only the server sends it. */
extern const k3thread_exctype worker_Go;

/*
 * Stands for the assignment's end_type: the supervisor wants the thread to end. Only the server sends it. It
 * does not change an end that is under way.
 */
extern const k3thread_exctype worker_End;

/*
 * Sent by the server alone: ends the thread as SystemExit does, but adds nothing to an end that is
 * under way. The server runs the thread again when its worker is done.
 */
extern const k3thread_exctype worker_Restart;

/*
 * Sent by the server alone: an exception has ended the command, as its process says. The data is the type. It
 * does not end the thread, as the end of the process does that.
 */
extern const k3thread_exctype worker_Told;

/*
 * Sent by the server alone: the terminal of the thread, which is on another machine, has a new size. It ends nothing.
 */
extern const k3thread_exctype worker_Size;

/* Words the TimeoutError of a thread that did not become ready in time. */
void worker_word_not_ready(const struct job *job, char *ret, size_t size);

/*
 * Returns true if an exception of TYPE ends a thread whose command does not run. Not every signal
 * does. Any thread.
 */
bool worker_ends_early(const k3thread_exctype *type);

/*
 * Takes the oldest exception that was raised in the thread. *RET_AUTOMATIC becomes true if the exception adds
 * nothing to an end that is under way. Returns false if there is none.
 */
bool worker_take(struct worker *worker, struct k3thread_exc *ret, bool *ret_automatic);

/*
 * Returns the attached process in which E has arrived already, or 0. That process gets no signal. E must not be
 * worker_Told, whose data is a type.
 */
static inline pid_t worker_arrived_in(const struct k3thread_exc *e)
{
    return (pid_t) (uintptr_t) e->data;
}

/* Notes that E ends the thread, unless an exception does already. */
void worker_remember(struct worker *worker, const struct k3thread_exc *e);

/* Posts the report, with STATE. */
void worker_post(struct worker *worker, enum protocol_state state);

#endif
