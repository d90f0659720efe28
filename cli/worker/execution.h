/*
 * One execution of a thread's command: from the spawn until the last process that came of it is
 * gone. A worker has one, or with --restart several in a row.
 */
#ifndef K3THREAD_CLI_WORKER_EXECUTION_H
#define K3THREAD_CLI_WORKER_EXECUTION_H

#include "cli/ready/ready.h"
#include "cli/server/record.h"
#include "cli/worker/ending.h"
#include "cli/worker/trim.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct worker {
    struct record *record;
    struct report *report;   /* what is posted next */
    double         deadline; /* on the monotonic clock; INFINITY: none */
    pid_t          pid;      /* not waited for until its tree has gone; 0: none */
    int            pidfd;
    struct ending  end;
    bool           ending;      /* for good: an exception came from outside */
    bool           rested;      /* it has waited for a while, and gave back what the start took */
    unsigned       restarts;    /* so far, also of a command that could not be started again */
    int            input;       /* the other end of the command's, while that stays open; or -1 */
    char         **environment; /* of its command, while that may be needed; else NULL */
    struct ready  *ready;       /* NULL: nothing to be found out */
    double         ready_deadline; /* of the probe, while there is one */
    struct trim   *trim;           /* NULL: the log may grow */
};

/*
 * Runs the command once and posts what happens. Returns false if it could not be started; the
 * report says why then.
 */
bool execution_run(struct worker *worker);

/*
 * Takes what was raised while no command ran. Returns false if the thread is to end: the report says
 * so then.
 */
bool worker_goes_on(struct worker *worker);

/* Takes what was raised meanwhile, as far as it concerns a command that runs. */
void execution_take_raised(struct worker *worker);

/*
 * Takes the oldest exception that was raised in the thread. *RET_AUTOMATIC says that nobody raised
 * it but the server, which ends everything. Returns false if there is none.
 */
bool worker_take(struct worker *worker, struct k3thread_exc *ret, bool *ret_automatic);

/* The first exception that asks for the end is the one that the thread ends with. */
void worker_remember(struct worker *worker, const struct k3thread_exc *e);

void worker_post(struct worker *worker, enum protocol_state state);

/* Seconds until DEADLINE, not less than 0; -1 for INFINITY. */
double worker_until(double deadline);

/* Of two times the one that comes first. */
static inline double earlier(double a, double b)
{
    return a < b ? a : b;
}

#endif
