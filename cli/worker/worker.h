/*
 * A worker: the pthread in the supervisor that runs one thread's command. This is what all parts of a
 * worker share, and how exceptions reach it.
 *
 * A worker runs in a libk3thread thread of its own (see target.h) and is reached by exceptions alone,
 * which it takes (mask K3THREAD_RETURN) wherever it waits. All functions but worker_ends_early() are
 * for the worker itself.
 */
#ifndef K3THREAD_CLI_WORKER_WORKER_H
#define K3THREAD_CLI_WORKER_WORKER_H

#include "cli/ready/ready.h"
#include "cli/worker/assignment.h"
#include "k3thread.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Ten thousand workers wait, each on one page of stack, on which a quarter of a page is ours. A
 * function that is called before or after the wait has its frame only then: it must not be inlined.
 */
#define APART __attribute__((noinline))

/* Where the end of a run stands; see ending.h. */
struct ending {
    void         *asked; /* the processes that were asked: a tree of tsearch(), by pid */
    float         pause; /* between two kills, in seconds: some processes outlive a kill for long */
    unsigned char signal;  /* that they were asked by; 0: none was asked yet */
    bool          killing; /* no process is asked any more */
    double        half;    /* when all others are asked; INFINITY: not yet, or they were */
    double        next;    /* the time of the next kill */
    double        give_up; /* when killed processes that are still there are given up */
};

/* One worker and the run that it is in. */
struct worker {
    struct assignment *assignment;
    struct job        *job;      /* of the assignment */
    struct report     *report;   /* what is posted next */
    double             deadline; /* on the monotonic clock; INFINITY: none */
    pid_t              pid; /* the command's; not reaped until its leftovers are gone; 0: none */
    int                pidfd;
    struct ending      end;
    bool               ending;   /* for good: an exception came from outside */
    bool               rested;   /* it has waited for a while, and gave back what the start took */
    unsigned           restarts; /* so far, also of a command that could not be started again */
    int                input;    /* the other end of the command's, while that stays open; or -1 */
    char             **environment;    /* the command's, while it may be needed; else NULL */
    struct ready      *ready;          /* the probe; NULL: nothing to be found out */
    double             ready_deadline; /* of the probe, while there is one */
    struct log_limit  *log_limit;      /* NULL: the log may grow */
};

/* Sent by the server alone, to a worker that waits for its slot. */
extern const k3thread_exctype worker_Go;

/*
 * Sent by the server alone when everything is ended: it stands for the assignment's end_type, but adds
 * nothing to an end that is under way.
 */
extern const k3thread_exctype worker_End;

/*
 * Sent by the server alone: ends the thread as SystemExit does, but adds nothing to an end that is
 * under way. The server runs the thread again when its worker is done.
 */
extern const k3thread_exctype worker_Restart;

/*
 * Returns true if an exception of TYPE ends a thread whose command does not run. Not every signal
 * does. Any thread.
 */
bool worker_ends_early(const k3thread_exctype *type);

/*
 * Takes the oldest exception that was raised in the thread. *RET_AUTOMATIC says that it adds
 * nothing to an end that is under way. Returns false if there is none.
 */
bool worker_take(struct worker *worker, struct k3thread_exc *ret, bool *ret_automatic);

/* Notes that E ends the thread, unless an exception does already. */
void worker_remember(struct worker *worker, const struct k3thread_exc *e);

/* Posts the report, with STATE. */
void worker_post(struct worker *worker, enum protocol_state state);

#endif
